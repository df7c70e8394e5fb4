import EventLoop

/// What came as the answer to one request.
public struct Answer: Sendable {
    public let status: Int
    /// Names in lower case.
    public let fields: [(name: String, value: String)]
    public let body: [UInt8]
    public let isChunked: Bool

    public var text: String { String(decoding: body, as: UTF8.self) }

    public func field(_ name: String) -> String? { fields.first { $0.name == name }?.value }
    public func count(of name: String) -> Int { fields.count { $0.name == name } }
    public var closes: Bool { field("connection") == "close" }
}

/// A client over a plain socket, which reads answers by the book and by itself.
@LoopActor
public final class HTTPPeer {
    public enum Failure: Error {
        /// After so many bytes of an answer.
        case ended(RawSocket.End, bytes: Int)
        case malformed(String)
    }

    public let socket: RawSocket
    private var buffered = [UInt8]()

    public init(_ socket: RawSocket) { self.socket = socket }

    @discardableResult
    public func send(_ text: String) async -> Bool { await socket.send(text) }

    /// A GET with the Host that HTTP/1.1 wants.
    public func get(_ path: String, _ fields: String = "") async {
        await send("GET \(path) HTTP/1.1\r\nhost: test\r\n\(fields)\r\n")
    }

    /// The next answer. `isHead`: to HEAD, so without a body. Informational ones are answers too.
    public func answer(isHead: Bool = false) async throws -> Answer {
        let head = String(decoding: try await take(through: "\r\n\r\n"), as: UTF8.self)
        var lines = head.split(separator: "\r\n", omittingEmptySubsequences: false).map(String.init)[...]
        let status = Int(lines.removeFirst().split(separator: " ")[1]) ?? 0
        let fields = lines.filter { !$0.isEmpty }.map { line in
            let colon = line.firstIndex(of: ":") ?? line.endIndex
            return (name: line[..<colon].lowercased(), value: String(line[colon...].dropFirst(2)))
        }
        let isChunked = fields.contains { $0.name == "transfer-encoding" && $0.value == "chunked" }
        let length = fields.first { $0.name == "content-length" }.flatMap { Int($0.value) }
        var body = [UInt8]()
        if isHead || status < 200 || status == 204 {
            body = []
        } else if isChunked {
            body = try await takeChunks()
        } else if let length {
            body = try await take(length)
        } else {
            body = await rest().bytes
        }
        return Answer(status: status, fields: fields, body: body, isChunked: isChunked)
    }

    /// Everything up to the end.
    public func rest() async -> (bytes: [UInt8], end: RawSocket.End) {
        let (bytes, end) = await socket.receiveToEnd()
        defer { buffered = [] }
        return (buffered + bytes, end)
    }

    /// The next `count` bytes.
    public func take(_ count: Int) async throws -> [UInt8] {
        while buffered.count < count { try await receive() }
        defer { buffered.removeFirst(count) }
        return Array(buffered.prefix(count))
    }

    /// Up to the end of the next `marker`.
    public func take(through marker: String) async throws -> [UInt8] {
        let wanted = Array(marker.utf8)
        var searched = 0
        while true {
            while searched + wanted.count <= buffered.count {
                if buffered[searched..<searched + wanted.count].elementsEqual(wanted) {
                    return try await take(searched + wanted.count)
                }
                searched += 1
            }
            try await receive()
        }
    }

    // MARK: Private

    private func takeChunks() async throws -> [UInt8] {
        var body = [UInt8]()
        while true {
            let line = String(decoding: try await take(through: "\r\n").dropLast(2), as: UTF8.self)
            guard let count = Int(line, radix: 16) else { throw Failure.malformed("chunk size '\(line)'") }
            let chunk = try await take(count + 2)
            guard chunk.suffix(2) == [13, 10] else { throw Failure.malformed("no CRLF behind a chunk") }
            if count == 0 { return body }
            body += chunk.dropLast(2)
        }
    }

    private func receive() async throws {
        let (bytes, end) = await socket.receive()
        if let end { throw Failure.ended(end, bytes: buffered.count) }
        buffered += bytes
    }
}
