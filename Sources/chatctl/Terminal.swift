import Glibc
import TerminalChat

/// Writing for people.
enum Terminal {
    /// Writes a line to stdout at once.
    static func say(_ line: String) {
        let bytes = Array((line + "\n").utf8)
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            // Nobody reads any more: there is nothing left to say.
            guard count > 0 else { return }
            written += count
        }
    }

    static let isInteractive = isatty(STDOUT_FILENO) == 1

    /// Other people's text must not move the cursor: control characters and the like become `\u{…}`.
    static func printable(_ text: String) -> String { ShownText(text).text }
}
