import Glibc

enum ProcessInformation {
    static var id: Int { Int(getpid()) }
}
