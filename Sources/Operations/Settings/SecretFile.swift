import Glibc

/// A secret that stands in a file, as container platforms hand them out.
enum SecretFile {
    /// More than any secret of ours.
    private static let bytesMax = 4096

    /// The first line, without its end; nil when the file cannot be read or the line is too short.
    static func read(_ path: String) -> Secret? {
        guard let file = fopen(path, "re") else { return nil }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: bytesMax)
        let count = fread(&bytes, 1, bytesMax, file)
        let line = bytes.prefix(count).prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
        return Secret(String(decoding: line, as: UTF8.self))
    }
}
