import Glibc

/// A terminal that hands over every key as it is pressed and shows none; and, whatever ends the process, is
/// afterwards as it was before.
///
/// Happy path: `enter`, `leave`. A signal that ends the process by its own default (a trap, an abort, a bad
/// access, a hang-up, a termination) is caught while entered: the terminal is put back with calls that are
/// allowed there (signal-safety(7): write, tcsetattr), then the signal takes its course. Only SIGKILL, which
/// nothing can catch, leaves it as it is.
final class TerminalMode {
    private let descriptor: Int32
    private let before: termios
    private let enterBytes: [UInt8]
    private let leaveBytes: [UInt8]
    private(set) var isEntered = false

    private static let fatalSignals = [
        SIGHUP, SIGINT, SIGTERM, SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV,
    ]

    /// Nil: `descriptor` is no terminal. The bytes are written at each entering and leaving.
    init?(_ descriptor: Int32, entering enterBytes: [UInt8] = [], leaving leaveBytes: [UInt8] = []) {
        var mode = termios()
        guard tcgetattr(descriptor, &mode) == 0 else { return nil }
        self.descriptor = descriptor
        before = mode
        self.enterBytes = enterBytes
        self.leaveBytes = leaveBytes
    }

    /// Precondition: no other one is entered.
    func enter() {
        guard !isEntered else { return }
        isEntered = true
        var mode = before
        mode.c_iflag &= ~tcflag_t(BRKINT | ICRNL | INPCK | ISTRIP | IXON)
        mode.c_lflag &= ~tcflag_t(ECHO | ICANON | IEXTEN | ISIG)
        Restoration.arm(descriptor, before, leaveBytes)
        for number in TerminalMode.fatalSignals { signal(number, Restoration.handler) }
        tcsetattr(descriptor, TCSADRAIN, &mode)
        TerminalMode.write(enterBytes)
    }

    func leave() {
        guard isEntered else { return }
        isEntered = false
        Restoration.restore()
        for number in TerminalMode.fatalSignals { signal(number, SIG_DFL) }
    }

    /// False: the terminal is gone.
    @discardableResult
    static func write(_ bytes: [UInt8]) -> Bool {
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes {
                Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count)
            }
            guard count > 0 || errno == EINTR else { return false }
            written += max(count, 0)
        }
        return true
    }

    /// Columns and rows; nil where stdout is no terminal or does not know.
    static var size: (columns: Int, rows: Int)? {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else {
            return nil
        }
        return (Int(size.ws_col), Int(size.ws_row))
    }
}

/// What a signal's handler needs to put the terminal back.
///
/// Guard of `nonisolated(unsafe)`: written by the main thread, before the handlers are installed and after
/// they have done their work; handlers only read.
private enum Restoration {
    nonisolated(unsafe) private static var isArmed = false
    nonisolated(unsafe) private static var descriptor: Int32 = -1
    nonisolated(unsafe) private static var mode = termios()
    /// Never freed: a handler may need it at any time.
    nonisolated(unsafe) private static var bytes = UnsafeMutableRawBufferPointer(start: nil, count: 0)

    static let handler: @convention(c) (Int32) -> Void = { number in
        restore()
        signal(number, SIG_DFL)
        raise(number)
    }

    static func arm(_ descriptor: Int32, _ mode: termios, _ leaveBytes: [UInt8]) {
        self.descriptor = descriptor
        self.mode = mode
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: leaveBytes.count, alignment: 1)
        copy.copyBytes(from: leaveBytes)
        bytes = copy
        isArmed = true
    }

    /// Only what may be done in a signal's handler.
    static func restore() {
        guard isArmed else { return }
        isArmed = false
        // Nothing can be done about a terminal that is gone.
        if bytes.count > 0 { _ = write(STDOUT_FILENO, bytes.baseAddress, bytes.count) }
        tcsetattr(descriptor, TCSANOW, &mode)
    }
}
