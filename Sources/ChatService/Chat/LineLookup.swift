import EventLoop
import LogLine
import Replication

/// Reads one line that the pod's memory does not hold any more from the log.
@LoopActor
final class LineLookup {
    private let offset: Offset
    private var read: (any PassedRead)?
    private let received = ByteBuffer()
    private var completion: (@LoopActor (Result<ByteSlice, Problem>) -> Void)?

    /// Precondition: the log has a line there. `completion` gets it with its newline, or why it cannot be
    /// had.
    static func find(
        _ offset: Offset, of epoch: Epoch, in upstream: any LogUpstream,
        _ completion: @escaping @LoopActor (Result<ByteSlice, Problem>) -> Void
    ) {
        let lookup = LineLookup(offset, completion)
        lookup.read = upstream.read("/log?after=\(offset.previous)&epoch=\(epoch)", accept: nil) {
            lookup.handle($0)
        }
    }

    private init(
        _ offset: Offset, _ completion: @escaping @LoopActor (Result<ByteSlice, Problem>) -> Void
    ) {
        self.offset = offset
        self.completion = completion
    }

    private func handle(_ event: PassedReadEvent) {
        switch event {
        case .started(let status, _, _):
            if status != 200 { fail("it answers with \(status)") }
        case .bytes(let bytes):
            received.append(bytes)
            if let line = firstLine { finish(.success(line)) }
        case .ended: fail("its answer ends before the line")
        case .failed(let reason): fail(reason)
        }
    }

    private var firstLine: ByteSlice? {
        var lines = LineSplitter(received.pointer)
        guard let range = lines.next(),
            let scan = try? Line.scan(UnsafeRawBufferPointer(rebasing: received.pointer[range])),
            scan.offset == offset
        else { return nil }
        return ByteSlice(received.pointer[range.lowerBound..<range.upperBound + 1])
    }

    private func fail(_ reason: String) {
        let problem = Problem(
            .unavailable,
            "the line \(offset) is older than the pod's memory, and the log cannot be read: \(reason)")
        finish(.failure(problem))
    }

    private func finish(_ line: Result<ByteSlice, Problem>) {
        guard let completion = completion.take() else { return }
        read?.cancel()
        read = nil
        completion(line)
    }
}
