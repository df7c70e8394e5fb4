import EventLoop
import Glibc
import Operations
import TerminalChat

/// The chat on the whole of a terminal: keys in, rows out, drawn at most once per turn of the loop.
@LoopActor
final class FullScreen: ChatDisplay {
    private let run: ChatRun
    private let mode: TerminalMode
    private var decoder = KeyDecoder()
    private var encoder: ANSIEncoder
    private var input: LoopEvent?
    private var escape: LoopTimer?
    private var signals = [LoopSignal]()
    private var isDrawingQueued = false

    /// An Escape that nothing follows for so long was the key.
    private static let escapeTime = Duration.milliseconds(50)
    private static let drawingPatience = Duration.milliseconds(30)

    /// Nil: there is no terminal that can do it.
    init?(_ run: ChatRun) {
        guard FullScreen.isPossible,
            let mode = TerminalMode(
                STDIN_FILENO, entering: ANSIEncoder.enter, leaving: ANSIEncoder.leave)
        else { return nil }
        self.run = run
        self.mode = mode
        encoder = ANSIEncoder(hasColours: ProcessEnvironment.variables()["NO_COLOR"]?.isEmpty ?? true)
    }

    private static var isPossible: Bool {
        let kind = ProcessEnvironment.variables()["TERM"] ?? ""
        return isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1 && !kind.isEmpty && kind != "dumb"
    }

    // MARK: ChatDisplay

    func begin() {
        mode.enter()
        input = LoopEvent(STDIN_FILENO, [.readable, .persistent]) { [unowned self] in read() }
        input?.add()
        escape = LoopTimer { [unowned self] in press(decoder.flush()) }
        signals = [
            LoopSignal(SIGWINCH) { [unowned self] in resize() },
            LoopSignal(SIGTSTP) { [unowned self] in suspend() },
        ]
        resize()
    }

    func changed() {
        guard !isDrawingQueued else { return }
        isDrawingQueued = true
        EventLoop.shared.executeWhenQuiet(within: FullScreen.drawingPatience) { [weak self] in self?.draw() }
    }

    func say(_ line: String) {}

    func redraw() {
        encoder.forget()
        changed()
    }

    /// The shell has the terminal until it says SIGCONT.
    func suspend() {
        mode.leave()
        raise(SIGSTOP)
        mode.enter()
        encoder.forget()
        resize()
    }

    func end() {
        input?.cancel()
        input = nil
        escape = nil
        signals = []
        mode.leave()
    }

    // MARK: Private

    private func read() {
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = Glibc.read(STDIN_FILENO, &bytes, bytes.count)
        // The terminal is gone.
        guard count > 0 || count < 0 && (errno == EAGAIN || errno == EINTR) else { return run.quit() }
        press(decoder.receive(bytes.prefix(max(0, count))))
        if decoder.isWaiting { escape?.schedule(after: FullScreen.escapeTime) } else { escape?.cancel() }
    }

    private func press(_ keys: [Key]) {
        for key in keys { run.handle(.key(key)) }
    }

    private func resize() {
        guard let size = TerminalMode.size else { return }
        run.handle(.resized(columns: size.columns, rows: size.rows))
    }

    private func draw() {
        isDrawingQueued = false
        guard mode.isEntered else { return }
        let bytes = encoder.encode(run.screen())
        if !bytes.isEmpty, !TerminalMode.write(bytes) { run.quit() }
    }
}
