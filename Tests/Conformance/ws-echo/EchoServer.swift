import EventLoop
import Glibc
import LogLine
import Operations
import Web

/// Sends back whatever arrives on a WebSocket, on the connection layer of the services: what independent
/// clients are let loose on.
///
/// `/` and `/ws`: the echo; `/ws?frames=N` sends each message N times, prepared once. `/events`: a stream
/// without events, `/events?count=N`: one of N events that then ends. The port is the one argument (0: a
/// free one); the first line of the output says which it is. Ends with SIGTERM.
enum EchoServer {
    private static let addressPrefix = "listening on "

    static func run() -> Never {
        EventLoop.shared.run {
            do throws(SocketError) {
                try serve()
            } catch {
                ServiceProcess.exit(.failed, saying: "\(error)\n")
            }
        }
        ServiceProcess.exit(.done)
    }

    @LoopActor private static var kept = [AnyObject]()

    @LoopActor
    private static func serve() throws(SocketError) {
        let channels = PushChannels(limits: limits)
        let routes = ["", "/ws"].map { path in
            Route(.get, path) { exchange in
                exchange.openWebSocket(
                    protocols: ["chat-cluster.v1"], allowedOrigins: noOrigins, in: channels
                ) { _ in Echo(count: number("frames", of: exchange) ?? 1) }
            }
        }
        let events = Route(.get, "/events") { exchange in
            let count = number("count", of: exchange) ?? 0
            exchange.openEventStream(in: channels) { stream in EventSource(stream, count: count) }
        }
        let service = Service(
            routes + [events], options: Service.Options(prefixes: [], allowedOrigins: noOrigins),
            metrics: Metrics())
        let server = try HTTPServer(host: "127.0.0.1", port: port, handler: service)
        kept = [server, service, channels]
        kept += ServiceProcess.onTermination { EventLoop.shared.stop() }
        let line = Array("\(addressPrefix)\(server.address?.port ?? 0)\n".utf8)
        // Whoever started it waits for the line; nobody else is told.
        _ = write(STDOUT_FILENO, line, line.count)
    }

    private static var port: UInt16 { CommandLine.arguments.dropFirst().first.flatMap { UInt16($0) } ?? 0 }

    /// Autobahn's largest messages have 16 MiB.
    private static var limits: PushLimits {
        var limits = PushLimits()
        limits.webSocket.frameBytesMax = 32 << 20
        limits.webSocket.messageBytesMax = 32 << 20
        limits.pendingBytesMax = 64 << 20
        return limits
    }

    private static var noOrigins: AllowedOrigins {
        guard let none = AllowedOrigins("") else { preconditionFailure("no origins are a valid list") }
        return none
    }

    @LoopActor
    private static func number(_ name: String, of exchange: Exchange) -> Int? {
        exchange.queryItems.first { $0.name == name }.flatMap { Int($0.value) }
    }
}

/// One socket's echo.
@LoopActor
private final class Echo: WebSocketHandler {
    private let count: Int

    init(count: Int) { self.count = count }

    func received(_ message: WebSocketMessage, on socket: WebSocketConnection) {
        guard message.kind == .text, count > 1 else {
            return socket.send(message.kind, message.payload.pointer)
        }
        let frame = PreparedFrame(message.payload)
        for _ in 0..<count { socket.send(frame) }
    }

    func closed(_ channel: any PushChannel, _ end: PushEnd) {}
}

/// Events numbered from 1.
@LoopActor
private final class EventSource: PushObserver {
    init(_ stream: EventStream, count: Int) {
        stream.setReconnectDelay(.milliseconds(250))
        guard count > 0 else { return }
        for number in 1...count {
            stream.send(PreparedFrame(ByteSlice(Array("event \(number)".utf8)), id: Array("\(number)".utf8)))
        }
        stream.close(Goodbye(.normal, "that was all"))
    }

    func closed(_ channel: any PushChannel, _ end: PushEnd) {}
}
