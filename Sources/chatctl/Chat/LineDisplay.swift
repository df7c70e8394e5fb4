import EventLoop
import Glibc
import TerminalChat
import Threads

/// The chat in a pipe, or on a terminal that can only write lines: what comes is written line by line, each
/// line of stdin is a message or a command. It ends with its input, when all of that has arrived.
@LoopActor
final class LineDisplay: ChatDisplay {
    private let run: ChatRun
    /// What was read and not handed over: a command may still be under way.
    private var waiting = [String]()
    private var hasEnded = false
    private var isFeeding = false

    init(_ run: ChatRun) { self.run = run }

    // MARK: ChatDisplay

    func begin() {
        OwnedThread.start(name: "stdin") {
            while let line = readLine(strippingNewline: true) {
                EventLoop.shared.execute { [weak self] in self?.received(line) }
            }
            EventLoop.shared.execute { [weak self] in self?.receivedEnd() }
        }
    }

    func changed() { feed() }
    func say(_ line: String) { Terminal.say(line) }
    func suspend() {}
    func redraw() {}
    func end() {}

    // MARK: Private

    private func received(_ line: String) {
        waiting.append(line)
        feed()
    }

    private func receivedEnd() {
        hasEnded = true
        feed()
    }

    /// One line after another, each when the one before has come back: it can depend on that.
    private func feed() {
        guard !isFeeding else { return }
        isFeeding = true
        defer { isFeeding = false }
        while run.isReady, run.isSettled, !waiting.isEmpty { run.handle(.line(waiting.removeFirst())) }
        let isDone = hasEnded && waiting.isEmpty && run.isReady && run.isSettled
        if isDone || run.signedOutReason != nil { run.quit() }
    }
}
