import EventLoop
import Glibc
import LogLine
import TerminalChat
import Threads

/// The chat in a pipe, or on a terminal that can only write lines: what comes is written line by line, each
/// line of stdin is a message or a command. It ends with its input, when all of that has arrived.
///
/// Stdin is read no faster than its lines have their effect: who writes to the pipe is held back meanwhile.
@LoopActor
final class LineDisplay: ChatDisplay {
    private let run: ChatRun
    /// What was read and not handed over: a command may still be under way.
    private var waiting = [String]()
    private var hasEnded = false
    private var isFeeding = false
    /// How many lines were read and are not done with.
    private let ahead = Monitor(0)

    private nonisolated static let linesAheadMax = 16

    init(_ run: ChatRun) { self.run = run }

    // MARK: ChatDisplay

    func begin() {
        OwnedThread.start(name: "stdin") { [ahead] in
            var lines = InputLines()
            while let line = lines.next() {
                _ = ahead.wait { (count: inout Int) -> Void? in
                    guard count < LineDisplay.linesAheadMax else { return nil }
                    count += 1
                    return ()
                }
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
        while run.isReady, run.isSettled, !waiting.isEmpty {
            run.handle(.line(waiting.removeFirst()))
            ahead.signal { count in
                count -= 1
                return true
            }
        }
        let isDone = hasEnded && waiting.isEmpty && run.isReady && run.isSettled
        if isDone || run.signedOutReason != nil { run.quit() }
    }
}

/// The lines of stdin.
private struct InputLines {
    /// More than any message or command takes: what is behind it on a line is passed over, and the server
    /// refuses the message for its length.
    private static let lineBytesMax = 2 * LineLimits.textBytesMax

    private var buffer = [UInt8](repeating: 0, count: 65_536)
    /// What was read and is of no line yet.
    private var rest = ArraySlice<UInt8>()

    /// Waits for the next one, without its newline; nil at the end.
    mutating func next() -> String? {
        var line = [UInt8]()
        while true {
            let end = rest.firstIndex(of: 0x0A)
            line += rest[..<(end ?? rest.endIndex)].prefix(InputLines.lineBytesMax - line.count)
            if let end {
                rest = rest[(end + 1)...]
                return text(line)
            }
            guard read() else { return line.isEmpty ? nil : text(line) }
        }
    }

    /// False: there is no more.
    private mutating func read() -> Bool {
        var count = 0
        repeat { count = Glibc.read(STDIN_FILENO, &buffer, buffer.count) } while count < 0 && errno == EINTR
        rest = buffer.prefix(max(0, count))
        return count > 0
    }

    private func text(_ line: [UInt8]) -> String {
        String(decoding: line.last == 0x0D ? line.dropLast() : line[...], as: UTF8.self)
    }
}
