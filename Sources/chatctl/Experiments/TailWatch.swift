import EventLoop
import LogLine
import Web

/// When lines arrive over a service's live tail.
@LoopActor
final class TailWatch: ResponseConsumer {
    /// By the lines' offsets.
    private(set) var arrivals: [Offset: Duration] = [:]
    private let partial = ByteBuffer()
    private var status = 0
    private var exchange: ClientExchange?

    /// Watches from the line behind `offset` on.
    init(_ endpoint: Endpoint, after offset: Offset) {
        exchange = endpoint.client.send(
            ClientRequest(.get, "/log/tail?after=\(offset)", fields: endpoint.fields), self)
    }

    func stop() {
        exchange?.cancel()
        exchange = nil
    }

    /// How much later than with `other` each line arrived here, in milliseconds.
    func delays(behind other: TailWatch) -> [Double] {
        arrivals.compactMap { offset, arrival in
            other.arrivals[offset].map { max(arrival - $0, .zero) / .milliseconds(1) }
        }
    }

    func received(_ head: ResponseHead) { status = head.status }

    func received(body bytes: UnsafeRawBufferPointer) {
        guard status == 200 else { return }
        let now = LoopClock.monotonic
        partial.append(bytes)
        var lines = LineSplitter(partial.pointer)
        while let range = lines.next() {
            // A blank line is a sign of life.
            let line = UnsafeRawBufferPointer(rebasing: partial.pointer[range])
            if let scan = try? Line.scan(line) { arrivals[scan.offset] = now }
        }
        partial.consume(lines.consumed)
    }

    func ended() {}

    /// What does not arrive any more is not counted.
    func failed(_ error: ClientError) {}
}
