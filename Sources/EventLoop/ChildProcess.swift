import CSystem
import Glibc
import LogLine

/// A process started by this one, with its output line by line and its end as events of the loop. Ends with
/// this process, however that ends.
@LoopActor
public final class ChildProcess {
    public enum End: Sendable, CustomStringConvertible {
        case exited(Int32)
        case signalled(Int32)

        public var description: String {
            switch self {
            case .exited(let code): "exited with code \(code)"
            case .signalled(let number): "ended by signal \(number)"
            }
        }
    }

    public let id: pid_t
    private let output: Int32
    private let onLine: @LoopActor (String) -> Void
    private let onEnd: @LoopActor (End) -> Void
    private var readable: LoopEvent?
    private let partial = ByteBuffer()
    private var end: End?

    /// What a line is cut at.
    private static let lineBytesMax = 16_384

    /// Those whose end was not told yet, held whether or not anybody else does.
    private static var running = [pid_t: ChildProcess]()
    private static var childSignal: LoopSignal?

    /// - Parameters:
    ///   - path: of the executable.
    ///   - environment: all of it.
    ///   - onLine: a line of stdout or stderr, without its newline.
    ///   - onEnd: once, after the last line.
    public init(
        _ path: String, arguments: [String], environment: [String: String],
        onLine: @escaping @LoopActor (String) -> Void, onEnd: @escaping @LoopActor (End) -> Void
    ) throws(SocketError) {
        self.onLine = onLine
        self.onEnd = onEnd
        ChildProcess.watchChildren()
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw SocketError("pipe", errno: errno) }
        for end in ends { csystem_close_on_exec(end) }
        output = ends[0]
        let variables = environment.map { "\($0.key)=\($0.value)" }
        id = ChildProcess.withPointers([path] + arguments) { arguments in
            ChildProcess.withPointers(variables) { csystem_spawn(path, arguments, $0, ends[1]) }
        }
        close(ends[1])
        guard id > 0 else {
            close(output)
            throw SocketError("cannot start \(path)", errno: errno)
        }
        readable = LoopEvent(output, [.readable, .persistent]) { [unowned self] in read() }
        readable?.add()
        ChildProcess.running[id] = self
    }

    public func signal(_ number: Int32) {
        guard end == nil else { return }
        kill(id, number)
    }

    // MARK: Output

    private func read() {
        var count = 0
        partial.append(upTo: ConnectionLimits.receiveBytes) { room in
            count = Glibc.read(output, room.baseAddress, room.count)
            return max(count, 0)
        }
        tellLines()
        guard count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR) else { return }
        readable?.cancel()
        readable = nil
        close(output)
        if !partial.isEmpty { onLine(partial.text) }
        partial.release()
        finish()
    }

    private func tellLines() {
        var splitter = LineSplitter(partial.pointer)
        while let range = splitter.next() {
            onLine(String(decoding: partial.pointer[range], as: UTF8.self))
        }
        partial.consume(splitter.consumed)
        guard partial.count > ChildProcess.lineBytesMax else { return }
        onLine(partial.text)
        partial.release()
    }

    // MARK: End

    private static func watchChildren() {
        guard childSignal == nil else { return }
        childSignal = LoopSignal(SIGCHLD) { reap() }
    }

    private static func reap() {
        for (id, child) in running where child.end == nil {
            var status: Int32 = 0
            guard waitpid(id, &status, WNOHANG) == id else { continue }
            var code: Int32 = 0
            let hasExited = csystem_exited(status, &code) != 0
            child.end = hasExited ? .exited(code) : .signalled(code)
            child.finish()
        }
    }

    /// Both the process and its output have ended.
    private func finish() {
        guard let end, readable == nil else { return }
        ChildProcess.running[id] = nil
        onEnd(end)
    }

    // MARK: C

    private static func withPointers<Value>(
        _ texts: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Value
    ) -> Value {
        var pointers = texts.map { strdup($0) }
        pointers.append(nil)
        defer { for pointer in pointers { free(pointer) } }
        return pointers.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { preconditionFailure("there is at least the end") }
            return body(base)
        }
    }
}
