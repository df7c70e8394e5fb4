import EventLoop
import LoopTestSupport
import Operations
import Replication
import Testing

@testable import Web

@Suite("Connections that a server lets in", .loop)
struct ServerAdmissionTests {
    @Test("A WebSocket keeps its place among all connections until it ends")
    @LoopActor
    func handedOver() async throws {
        let fixture = try PushFixture(serverLimits: .with { $0.connectionsMax = 1 })
        let socket = try await fixture.socket()
        #expect(fixture.server.server.connectionCount == 0 && fixture.server.server.admittedCount == 1)
        let second = try fixture.server.connect()
        try expectProblem(try await second.answer(), .overloaded, retryAfter: "1")
        socket.http.socket.endSending()
        await eventually("the socket is gone") { fixture.server.server.admittedCount == 0 }
        try await expectLetIn(try fixture.server.connect())
    }

    @Test("An address has as many connections as it may, and room again when one ends")
    @LoopActor
    func perAddress() async throws {
        let fixture = try ServerFixture(limits: .with { $0.connectionsPerAddressMax = 1 })
        let first = try fixture.connect()
        try await expectLetIn(first)
        let second = try fixture.connect()
        try expectProblem(try await second.answer(), .tooManyRequests, retryAfter: "5")
        #expect(await second.rest().end == .end)
        #expect(fixture.server.admittedCount == 1)
        first.socket.endSending()
        await eventually("the first is gone") { fixture.server.admittedCount == 0 }
        try await expectLetIn(try fixture.connect())
    }

    @Test("A trusted proxy has as many connections as it likes; its clients' streams count as theirs")
    @LoopActor
    func proxied() async throws {
        let fixture = try PushFixture(
            serverLimits: .with {
                $0.connectionsPerAddressMax = 1
                $0.trustedProxies = TrustedProxies("127.0.0.0/8") ?? .none
            })
        for _ in 0..<3 { try await expectLetIn(try fixture.server.connect()) }
        let first = try await fixture.socket("x-forwarded-for: 192.0.2.1\r\n")
        _ = try await fixture.socket("x-forwarded-for: 192.0.2.2\r\n")
        let refused = WebSocketPeer(try fixture.server.connect())
        let answer = try await refused.shakeHands("x-forwarded-for: 192.0.2.2, 192.0.2.1\r\n")
        try expectProblem(answer, .tooManyRequests, retryAfter: "5")
        let before = fixture.server.server.admittedCount
        first.http.socket.endSending()
        await eventually("the first is gone") { fixture.server.server.admittedCount == before - 1 }
        _ = try await fixture.socket("x-forwarded-for: 192.0.2.1\r\n")
    }

    @Test("A stream that does not come about gives its place to the connection's next one")
    @LoopActor
    func failedHandshake() async throws {
        let fixture = try PushFixture(
            serverLimits: .with {
                $0.connectionsPerAddressMax = 1
                $0.trustedProxies = TrustedProxies("127.0.0.1") ?? .none
            })
        let peer = WebSocketPeer(try fixture.server.connect())
        let client = "x-forwarded-for: 192.0.2.1\r\n"
        #expect(try await peer.shakeHands(client + "origin: https://evil.example\r\n").status == 403)
        #expect(try await peer.shakeHands(client).status == 101)
    }

    @Test("Of many refused connections only so many are told why")
    @LoopActor
    func refusedConnections() async throws {
        let fixture = try ServerFixture(
            limits: .with {
                $0.connectionsMax = 1
                $0.refusedConnectionsMax = 2
            })
        let first = try fixture.connect()
        try await expectLetIn(first)
        let refused = [try fixture.connect(), try fixture.connect()]
        for peer in refused { #expect(try await peer.answer().status == 503) }
        let silent = try fixture.connect()
        #expect(await silent.rest().bytes.isEmpty)
        refused[0].socket.endSending()
        await eventually("one has gone") { fixture.server.connectionCount == 2 }
        #expect(try await fixture.connect().answer().status == 503)
        try await expectLetIn(first)
    }

    @LoopActor
    private func expectLetIn(_ peer: HTTPPeer) async throws {
        await peer.get("/hello")
        #expect(try await peer.answer().status == 200)
    }

    @LoopActor
    private func expectProblem(_ answer: Answer, _ type: ProblemType, retryAfter: String) throws {
        #expect(answer.status == type.status && answer.field("retry-after") == retryAfter)
        let problem = try answer.body.withUnsafeBytes { try Problem.decode($0) }
        #expect(problem.type == type)
    }
}
