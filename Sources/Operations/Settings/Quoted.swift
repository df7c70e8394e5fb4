/// Texts from outside as they may stand in a line for people: in quotes, control characters escaped, cut when
/// long.
enum Quoted {
    static let bytesMax = 256

    static func text(_ text: String) -> String {
        var bytes: [UInt8] = []
        DiagnosticText.appendQuoted(text.utf8.prefix(bytesMax), to: &bytes)
        let cut = text.utf8.count > bytesMax ? "… (\(text.utf8.count) bytes)" : ""
        return String(decoding: bytes, as: UTF8.self) + cut
    }
}
