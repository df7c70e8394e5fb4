import LogLine

/// The client's half of the handshake (RFC 6455 4.1): what is asked, and whether the answer agrees.
///
/// Agreed if and only if: the status is 101 in HTTP/1.1; Connection names `upgrade` and Upgrade `websocket`;
/// Sec-WebSocket-Accept is the proof of the key that was sent, once; no extension is named; the sub-protocol,
/// where one is named, was offered.
///
/// Any other status is a refusal, whose body is read up to `refusalBytesMax`. The outcome depends only on the
/// bytes, never on how they were cut into pieces.
final class WebSocketClientHandshake {
    enum Step {
        case needMore
        /// `leftovers`: the first frames' bytes that came with the answer.
        case agreed(protocol: String?, leftovers: ByteSlice)
        case refused(WebSocketClientRefusal)
        case failed(String)
    }

    static let refusalBytesMax = 65_536

    private let key: String
    private let protocols: [String]
    private let input = ByteBuffer()
    private var scanner = HTTPHeadScanner(emptyLinesAllowed: 0)
    private var line: HTTPStatusLine?
    private var refusal: RefusalReader?

    /// - Parameter nonce: 16 bytes that nobody foresees.
    init(nonce: [UInt8], protocols: [String]) {
        precondition(nonce.count == 16)
        key = String(decoding: Base64.encode(nonce), as: UTF8.self)
        self.protocols = protocols
    }

    var fields: [(name: String, value: String)] {
        var fields = [
            (name: "upgrade", value: "websocket"), (name: "connection", value: "upgrade"),
            (name: "sec-websocket-version", value: "13"), (name: "sec-websocket-key", value: key),
        ]
        if !protocols.isEmpty {
            fields.append(("sec-websocket-protocol", protocols.joined(separator: ", ")))
        }
        return fields
    }

    /// What has arrived; not after anything but `needMore`.
    func receive(_ bytes: UnsafeRawBufferPointer) -> Step {
        if let refusal { return refusal.receive(bytes) }
        input.append(bytes)
        do throws(HTTPParseFailure) {
            return try readHead()
        } catch {
            return .failed(error.detail)
        }
    }

    /// The server has sent its last byte.
    func receiveEnd() -> Step {
        refusal?.receiveEnd() ?? .failed("the server closed the connection instead of answering")
    }

    // MARK: Private

    private func readHead() throws(HTTPParseFailure) -> Step {
        while true {
            switch try scanner.advance(in: input.pointer) {
            case .needMore: return .needMore
            case .startLine(let range): line = try HTTPStatusLine(range, of: input.pointer)
            case .complete:
                guard let line else { preconditionFailure("a head is complete only after its first line") }
                return line.status == 101 ? judge(line) : refuse()
            }
        }
    }

    private func judge(_ line: HTTPStatusLine) -> Step {
        let head = ByteSlice(input.pointer)
        let fields = HTTPFields(lines: head[scanner.fields])
        guard line.versionMinor == 1, fields.contains(token: "upgrade", in: "connection"),
            fields.contains(token: "websocket", in: "upgrade")
        else { return .failed("the server's 101 is no upgrade to WebSocket") }
        let proof = WebSocketHandshake.proof(of: key)
        guard fields.value("sec-websocket-accept")?.utf8.elementsEqual(proof.utf8) == true else {
            return .failed("the server's Sec-WebSocket-Accept is not the proof of our key")
        }
        guard fields.value("sec-websocket-extensions") == nil else {
            return .failed("the server names an extension that was not offered")
        }
        let selected = fields.value("sec-websocket-protocol")
        if let selected, !protocols.contains(where: { $0.utf8.elementsEqual(selected.utf8) }) {
            return .failed("the server names the sub-protocol '\(selected)', which was not offered")
        }
        return .agreed(protocol: selected, leftovers: head[scanner.end..<head.count])
    }

    private func refuse() -> Step {
        let reader = RefusalReader()
        refusal = reader
        let received = input.takeSlice()
        return withExtendedLifetime(received) { reader.receive(received.pointer) }
    }
}

/// An answer that is no handshake: for instance 401, or 503 from a pod that is full.
public struct WebSocketClientRefusal: Sendable {
    public let status: Int
    /// The answer's body: a problem document, where a service of ours answered.
    public let body: ByteSlice
    /// In seconds.
    public let retryAfter: Int?
}

/// Reads a refusal to its end.
private final class RefusalReader {
    private let parser = HTTPResponseParser()
    private var head: ResponseHead?
    private let body = ByteBuffer()

    init() { parser.expect(answerTo: .get) }

    func receive(_ bytes: UnsafeRawBufferPointer) -> WebSocketClientHandshake.Step {
        parser.feed(bytes)
        return read()
    }

    func receiveEnd() -> WebSocketClientHandshake.Step {
        parser.feedEnd()
        let step = read()
        guard case .needMore = step else { return step }
        return .failed("the server's answer broke off")
    }

    private func read() -> WebSocketClientHandshake.Step {
        while true {
            switch parser.next() {
            case .needMore: return .needMore
            case .head(let head): self.head = head
            case .body(let bytes):
                guard body.count + bytes.count <= WebSocketClientHandshake.refusalBytesMax else {
                    return .failed("the server's refusal is too long")
                }
                body.append(bytes)
            case .end: return refused()
            case .failed(let failure): return .failed(failure.detail)
            }
        }
    }

    private func refused() -> WebSocketClientHandshake.Step {
        guard let head else { return .failed("the server's answer has no head") }
        return .refused(
            WebSocketClientRefusal(
                status: head.status, body: body.takeSlice(),
                retryAfter: head.header("retry-after").flatMap { Int($0) }))
    }
}
