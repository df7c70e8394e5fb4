import Glibc
import Threads

/// Where lines of the diagnostic log go: a descriptor that is never waited for.
///
/// A line is written only when the descriptor can take it now, in one `write`; a pipe that poll(2) calls
/// writable takes PIPE_BUF bytes without blocking, and a line is no longer than that. Else the line is lost
/// and counted, and the next one that gets through is preceded by one that says how many. What was written
/// in part is lost too: it is not continued.
///
/// Any thread: poll and write are one step, so that two threads never take the same room. Not so with other
/// processes that share the descriptor, and a terminal that stops in the middle of a line is waited for.
public final class DiagnosticOutput: Sendable {
    public static let standardError = DiagnosticOutput(descriptor: STDERR_FILENO)

    private struct Losses {
        var count: UInt64 = 0
        var unreportedCount: UInt64 = 0

        mutating func add() {
            count += 1
            unreportedCount += 1
        }
    }

    private let send: @Sendable ([UInt8]) -> Bool
    private let losses = Protected(Losses())

    /// The descriptor stays its owner's, who keeps it open.
    convenience init(descriptor: Int32) {
        self.init { Self.write($0, to: descriptor) }
    }

    /// - Parameter send: takes a line without waiting; false: it could not. Called by one thread at a time.
    init(send: @escaping @Sendable ([UInt8]) -> Bool) { self.send = send }

    /// Lines that were lost since the start.
    public var lostCount: UInt64 { losses.withLock { $0.count } }

    /// - Parameter lossLine: makes the line that says how many were lost. It goes first; both go in one piece
    ///   where they are short enough for that.
    func write(_ line: [UInt8], lossLine: (UInt64) -> [UInt8]) {
        losses.withLock { losses in
            var line = line
            if losses.unreportedCount > 0 {
                let note = lossLine(losses.unreportedCount)
                if note.count + line.count <= DiagnosticLog.lineBytesMax {
                    line = note + line
                } else if !send(note) {
                    return losses.add()
                } else {
                    losses.unreportedCount = 0
                }
            }
            if send(line) { losses.unreportedCount = 0 } else { losses.add() }
        }
    }

    private static func write(_ line: [UInt8], to descriptor: Int32) -> Bool {
        var poll = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        guard Glibc.poll(&poll, 1, 0) == 1, poll.revents == Int16(POLLOUT) else { return false }
        return line.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) } == line.count
    }
}
