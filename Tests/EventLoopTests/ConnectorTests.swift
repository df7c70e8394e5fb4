import EventLoop
import LoopTestSupport
import Testing

@Suite("Connecting", .loop)
struct ConnectorTests {
    @Test(
        "A connection is made to an address or a name, and carries bytes",
        arguments: ["127.0.0.1", "localhost"])
    @LoopActor
    func connects(host: String) async throws {
        let listener = try RawListener()
        let attempt = Attempt(host: host, port: listener.port)
        let peer = try await listener.accept()
        await eventually("it is connected") { attempt.connection != nil }
        let connection = try #require(attempt.connection)
        connection.send { $0.append("hello") }
        #expect(await peer.receive(count: 5) == Array("hello".utf8))
        connection.close()
    }

    @Test("A port on which nobody listens is refused")
    @LoopActor
    func refused() async throws {
        let listener = try Listener(host: "127.0.0.1", port: 0) { $0.close() }
        let port = listener.address.port
        listener.close()
        let attempt = Attempt(host: "127.0.0.1", port: port)
        await eventually("it fails") { attempt.error != nil }
        #expect(attempt.error?.code == .refused)
        #expect(attempt.error?.message.contains("127.0.0.1:\(port)") == true)
        #expect(attempt.count == 1)
    }

    @Test("A name that does not exist fails without holding the loop up")
    @LoopActor
    func unresolvable() async throws {
        let attempt = Attempt(host: "no-such-host.invalid", port: 80)
        #expect(attempt.count == 0)
        await eventually("it fails") { attempt.error != nil }
        #expect(attempt.error?.code == .unresolvable || attempt.error?.code == .timedOut)
        #expect(attempt.count == 1)
    }

    @Test("A server that does not answer is given up after the time, once")
    @LoopActor
    func timeout() async throws {
        // Given a listener whose backlog is full
        let listener = try RawListener(backlog: 0)
        let waiting = try RawSocket.connect(port: listener.port)
        // When more connect than it takes
        let attempts = (0..<3).map { _ in
            Attempt(host: "127.0.0.1", port: listener.port, timeout: .milliseconds(150))
        }
        await eventually("all have an outcome") { attempts.allSatisfy { $0.count == 1 } }
        // Then the rest is told that the time is over
        let errors = attempts.compactMap(\.error)
        #expect(!errors.isEmpty)
        #expect(errors.allSatisfy { $0.code == .timedOut })
        for attempt in attempts { attempt.connection?.close() }
        withExtendedLifetime(waiting) {}
    }

    @Test("A cancelled attempt is not heard of, and its socket is closed")
    @LoopActor
    func cancelled() async throws {
        let listener = try RawListener()
        let attempt = Attempt(host: "127.0.0.1", port: listener.port)
        // The socket is made in a coming turn: cancel then, before the outcome
        EventLoop.shared.execute { attempt.cancel() }
        for _ in 0..<10 { await turn() }
        #expect(attempt.count == 0)
        let other = try RawSocket.connect(port: listener.port)
        let first = try await listener.accept()
        await other.send("x")
        other.endSending()
        // Either it never reached the listener, or it ended there without a byte
        let (bytes, end) = await first.receiveToEnd()
        #expect(bytes == [0x78] || bytes.isEmpty)
        #expect(end != .timeout)
    }

    @Test("Addresses are printed as hosts with ports")
    func descriptions() throws {
        #expect(try SocketAddress.resolve(host: "127.0.0.1", port: 80).description == "127.0.0.1:80")
        #expect(try SocketAddress.resolve(host: "::1", port: 8_000).description == "[::1]:8000")
        #expect(try SocketAddress.resolve(host: "::1", port: 8_000).port == 8_000)
    }
}

/// Keeps the outcome of a connector.
@LoopActor
private final class Attempt {
    private(set) var connection: Connection?
    private(set) var error: SocketError?
    private(set) var count = 0
    private var connector: Connector?

    init(host: String, port: UInt16, timeout: Duration = .seconds(30)) {
        connector = Connector(host: host, port: port, timeout: timeout) { [unowned self] result in
            count += 1
            switch result {
            case .success(let connection): self.connection = connection
            case .failure(let error): self.error = error
            }
        }
    }

    func cancel() { connector?.cancel() }
}
