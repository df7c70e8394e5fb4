import EventLoop
import LoopTestSupport

@testable import Web

/// A server that a test plays itself, over plain sockets.
@LoopActor
final class ScriptedServer {
    let listener: RawListener
    let origin: Origin

    init(prefix: String = "") throws {
        listener = try RawListener(backlog: 64)
        origin = Origin(host: "127.0.0.1", port: listener.port, prefix: prefix)
    }

    func accept() async throws -> ScriptedPeer { ScriptedPeer(try await listener.accept()) }
}

/// One connection of a scripted server.
@LoopActor
final class ScriptedPeer {
    let socket: RawSocket
    private var buffered = [UInt8]()

    init(_ socket: RawSocket) { self.socket = socket }

    /// The next request without a body, as text; nil when the client closed instead.
    func request() async -> String? {
        while true {
            let text = String(decoding: buffered, as: UTF8.self)
            if let end = text.range(of: "\r\n\r\n") {
                let head = String(text[..<end])
                buffered.removeFirst(head.utf8.count + 4)
                return head
            }
            let (bytes, end) = await socket.receive()
            guard end == nil else { return nil }
            buffered += bytes
        }
    }

    func answer(_ body: String, _ fields: String = "") async {
        await socket.send("HTTP/1.1 200 OK\r\ncontent-length: \(body.utf8.count)\r\n\(fields)\r\n\(body)")
    }
}

extension String {
    /// Where `marker` begins.
    fileprivate func range(of marker: String) -> String.Index? {
        let wanted = Array(marker.utf8)
        var index = utf8.startIndex
        while index != utf8.endIndex {
            if utf8[index...].starts(with: wanted) { return index }
            index = utf8.index(after: index)
        }
        return nil
    }
}
