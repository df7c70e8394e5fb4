/// A secret that stands in a file, as container platforms hand them out.
enum SecretFile {
    /// More than any secret of ours.
    private static let bytesMax = 4096

    /// The first line, without its end; nil when the file cannot be read or the line is too short.
    static func read(_ path: String, bytesMin: Int = Secret.bytesMin) -> Secret? {
        guard let bytes = SmallFile.prefix(of: path, bytes: bytesMax) else { return nil }
        let line = bytes.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
        return Secret(String(decoding: line, as: UTF8.self), bytesMin: bytesMin)
    }
}
