import EventLoop
import LogLine
import LoopTestSupport
import Operations
import Testing

@testable import Web

/// A server with a few routes, and those of the test.
@LoopActor
final class ServerFixture {
    let server: HTTPServer
    /// The exchanges of `GET /later/NAME`, for the test to answer.
    private(set) var later = [String: Exchange]()
    private(set) var handledCount = 0
    private let box: Box

    /// Connections outlive their test; so do their servers.
    private static var all = [ServerFixture]()

    private final class Box {
        weak var fixture: ServerFixture?
    }

    init(
        _ routes: [Route] = [], limits: ServerLimits = ServerLimits(), options: Service.Options = .open
    ) throws {
        let box = Box()
        self.box = box
        let own = [
            Route(.get, "/hello") { $0.respond(Response(200, type: MediaType.text) { $0.append("hello") }) },
            Route(.post, "/echo", bodyBytesMax: 1 << 20) { exchange in
                box.fixture?.handledCount += 1
                exchange.respond(Response(200, type: MediaType.text) { $0.append(exchange.body) })
            },
            Route(.get, "/later/*") { exchange in
                box.fixture?.handledCount += 1
                box.fixture?.later[String(decoding: exchange.segments[1], as: UTF8.self)] = exchange
            },
        ]
        server = try HTTPServer(
            host: "127.0.0.1", port: 0, limits: limits,
            handler: Service(own + routes, options: options, metrics: Metrics()))
        box.fixture = self
        ServerFixture.all.append(self)
    }

    func connect(receiveBytes: Int32? = nil) throws -> HTTPPeer {
        let port = try #require(server.address?.port)
        return HTTPPeer(try RawSocket.connect(port: port, receiveBytes: receiveBytes))
    }

    /// Answers `GET /later/NAME` with its name, once it has come.
    func answer(_ name: String) async {
        await eventually("/later/\(name) comes") { later[name] != nil }
        later[name]?.respond(Response(200, type: MediaType.text) { $0.append(utf8: name) })
    }

    /// Waits until the server has forgotten all connections.
    func expectNoConnections() async {
        await eventually("all connections are closed") { server.connectionCount == 0 }
    }
}

extension Service.Options {
    /// No prefixes, no secret, no other origins.
    static var open: Service.Options { Service.Options(prefixes: [], allowedOrigins: .none) }
}

extension AllowedOrigins {
    static var none: AllowedOrigins { named("") }

    static func named(_ text: String) -> AllowedOrigins {
        guard let origins = AllowedOrigins(text) else { preconditionFailure("'\(text)' is no origin") }
        return origins
    }
}

extension ServerLimits {
    /// The given ones, the others as they are.
    static func with(_ change: (inout ServerLimits) -> Void) -> ServerLimits {
        var limits = ServerLimits()
        change(&limits)
        return limits
    }
}
