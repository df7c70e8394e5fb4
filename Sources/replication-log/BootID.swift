import Glibc

/// Which run of the machine this is.
enum BootID {
    /// Source: random(4), `/proc/sys/kernel/random/boot_id`. Where it cannot be read, an id that equals no
    /// other one, so that an unclean end counts as a reboot.
    static func current() -> String {
        guard let file = fopen("/proc/sys/kernel/random/boot_id", "r") else { return unknown() }
        defer { fclose(file) }
        var text = [UInt8](repeating: 0, count: 64)
        let count = fread(&text, 1, text.count, file)
        let id = String(decoding: text.prefix(count).prefix { $0 > 0x20 }, as: UTF8.self)
        return id.isEmpty ? unknown() : id
    }

    private static func unknown() -> String { "unknown-\(getpid())-\(time(nil))" }
}
