import Glibc

/// A file that holds a token. Of this user's own files only those are read that nobody else may read (as ssh
/// has it with keys); what another owner gives to be read, a mounted secret for one, is theirs to guard.
enum TokenFile {
    private static let bytesMax = 16_384

    /// Nil: there is none.
    /// - Parameter flags: of `open`, beside those for reading.
    static func read(_ path: String, flags: Int32 = 0) throws(ChatControl.Failure) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | flags)
        guard descriptor >= 0 else {
            guard errno == ENOENT else {
                throw ChatControl.Failure("cannot read \(path): \(String(cString: strerror(errno)))")
            }
            return nil
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0,
            status.st_uid != geteuid() || status.st_mode & 0o077 == 0
        else {
            throw ChatControl.Failure("\(path) holds a token and may be read by others: chmod 600 it")
        }
        var bytes = [UInt8](repeating: 0, count: bytesMax)
        let count = Glibc.read(descriptor, &bytes, bytesMax)
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }
}
