import EventLoop
import LogLine
import Replication

/// Reads one line that the pod's memory does not hold any more from the log.
@LoopActor
final class LineLookup {
    private let offset: Offset
    private var read: (any PassedRead)?
    private let received = ByteBuffer()
    private var completion: (@LoopActor (ByteSlice?) -> Void)?

    /// `completion` gets the line with its newline, or nil when it cannot be had.
    static func find(
        _ offset: Offset, of epoch: Epoch, in upstream: any LogUpstream,
        _ completion: @escaping @LoopActor (ByteSlice?) -> Void
    ) {
        let lookup = LineLookup(offset, completion)
        lookup.read = upstream.read("/log?after=\(offset.previous)&epoch=\(epoch)", accept: nil) {
            lookup.handle($0)
        }
    }

    private init(_ offset: Offset, _ completion: @escaping @LoopActor (ByteSlice?) -> Void) {
        self.offset = offset
        self.completion = completion
    }

    private func handle(_ event: PassedReadEvent) {
        switch event {
        case .started(let status, _, _):
            if status != 200 { finish(nil) }
        case .bytes(let bytes):
            received.append(bytes)
            if let line = firstLine { finish(line) }
        case .ended, .failed: finish(nil)
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

    private func finish(_ line: ByteSlice?) {
        guard let completion = completion.take() else { return }
        read?.cancel()
        read = nil
        completion(line)
    }
}
