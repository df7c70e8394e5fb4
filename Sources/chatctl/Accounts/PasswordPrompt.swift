import Glibc

/// Asks for a password: on a terminal without showing it, else the next line of stdin.
enum PasswordPrompt {
    private static let bytesMax = 4_096

    static func ask(_ question: String) throws(ChatControl.Failure) -> String {
        let password = try isatty(STDIN_FILENO) == 1 ? askTerminal(question) : readLine()
        guard !password.isEmpty else { throw ChatControl.Failure("no password was given") }
        return password
    }

    /// Signals that would end the process wait meanwhile, so that the terminal shows again what is typed.
    private static func askTerminal(_ question: String) throws(ChatControl.Failure) -> String {
        guard let mode = TerminalMode(STDIN_FILENO) else {
            throw ChatControl.Failure("the terminal does not hide what is typed")
        }
        say(question)
        mode.enter()
        defer {
            mode.leave()
            say("\n")
        }
        return try readKeys()
    }

    private static func readKeys() throws(ChatControl.Failure) -> String {
        var bytes = [UInt8]()
        var byte: UInt8 = 0
        while bytes.count < bytesMax {
            guard Glibc.read(STDIN_FILENO, &byte, 1) == 1 else {
                throw ChatControl.Failure("no password came")
            }
            switch byte {
            case 0x0A, 0x0D: return try text(bytes)
            case 0x03, 0x04: throw ChatControl.Failure("given up")
            case 0x08, 0x7F:
                while let last = bytes.popLast(), last & 0xC0 == 0x80 {}
            case 0x15: bytes = []
            default: bytes.append(byte)
            }
        }
        throw ChatControl.Failure("the password is too long")
    }

    private static func readLine() throws(ChatControl.Failure) -> String {
        var bytes = [UInt8]()
        var byte: UInt8 = 0
        while bytes.count < bytesMax, Glibc.read(STDIN_FILENO, &byte, 1) == 1, byte != 0x0A {
            bytes.append(byte)
        }
        if bytes.last == 0x0D { bytes.removeLast() }
        return try text(bytes)
    }

    private static func text(_ bytes: [UInt8]) throws(ChatControl.Failure) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw ChatControl.Failure("the password is not UTF-8")
        }
        return text
    }

    private static func say(_ text: String) {
        let bytes = Array(text.utf8)
        // Nobody is left to be asked when this fails.
        _ = write(STDERR_FILENO, bytes, bytes.count)
    }
}
