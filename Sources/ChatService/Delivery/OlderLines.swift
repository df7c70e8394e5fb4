import EventLoop
import LogLine
import Replication

/// Reads lines that the pod does not hold in memory any more from the log, for one stream, with its
/// back-pressure.
@LoopActor
final class OlderLines {
    enum Event {
        /// With its newline.
        case line(ByteSlice, Offset)
        /// All lines up to the end have come.
        case complete
        /// Nothing more comes.
        case failed
    }

    /// Asked after each piece; who answers false calls `resume` later.
    var hasRoom: @LoopActor () -> Bool = { true }

    private let end: Offset
    private var last: Offset
    private unowned let delivery: Delivery
    private let onEvent: @LoopActor (Event) -> Void
    private var read: (any PassedRead)?
    private let partial = ByteBuffer()
    private var isOver = false

    init(
        after: Offset, through end: Offset, of delivery: Delivery,
        onEvent: @escaping @LoopActor (Event) -> Void
    ) {
        last = after
        self.end = end
        self.delivery = delivery
        self.onEvent = onEvent
    }

    func start() {
        let epoch = delivery.position(last).epoch
        read = delivery.upstream.read("/log?after=\(last)&epoch=\(epoch)", accept: nil) { [weak self] event in
            self?.received(event)
        }
    }

    func resume() { read?.resume() }

    func cancel() {
        isOver = true
        read?.cancel()
        read = nil
    }

    // MARK: Private

    private func received(_ event: PassedReadEvent) {
        guard !isOver else { return }
        switch event {
        case .started(let status, _, _):
            if status != 200 { finish(.failed) }
        case .bytes(let bytes):
            take(bytes)
            if !isOver, !hasRoom() { read?.pause() }
        case .ended: finish(last >= end ? .complete : .failed)
        case .failed: finish(.failed)
        }
    }

    private func take(_ bytes: UnsafeRawBufferPointer) {
        partial.append(bytes)
        let piece = partial.takeSlice()
        var lines = LineSplitter(piece.pointer)
        while !isOver, let range = lines.next() { take(piece[range.lowerBound..<range.upperBound + 1]) }
        guard !isOver else { return }
        partial.append(piece[lines.consumed..<piece.count])
        if partial.count > LineLimits.lineBytesMax { finish(.failed) }
    }

    private func take(_ line: ByteSlice) {
        guard let scan = try? Line.scan(UnsafeRawBufferPointer(rebasing: line.pointer.dropLast())),
            scan.offset == last.next
        else { return finish(.failed) }
        last = scan.offset
        onEvent(.line(line, last))
        if last >= end { finish(.complete) }
    }

    private func finish(_ event: Event) {
        guard !isOver else { return }
        cancel()
        onEvent(event)
    }
}
