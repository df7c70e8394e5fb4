import EventLoop
import Glibc
import LoopTestSupport
import Testing

@Suite("Listeners", .loop)
struct ListenerTests {
    @Test("A listener on port 0 names its port and gives each connection with its peer's address")
    @LoopActor
    func accepts() async throws {
        var accepted = [Connection]()
        let listener = try Listener(host: "127.0.0.1", port: 0) { accepted.append($0) }
        let peers = [
            try RawSocket.connect(port: listener.address.port),
            try RawSocket.connect(port: listener.address.port),
        ]
        await eventually("both are accepted") { accepted.count == peers.count }
        #expect(listener.address.description == "127.0.0.1:\(listener.address.port)")
        #expect(accepted.allSatisfy { $0.peer.host == "127.0.0.1" && $0.peer.port != 0 })
        for connection in accepted { connection.close() }
        listener.close()
    }

    @Test("A port that is taken is refused with a clear error")
    @LoopActor
    func taken() throws {
        let listener = try Listener(host: "127.0.0.1", port: 0) { $0.close() }
        let port = listener.address.port
        let error = #expect(throws: SocketError.self) {
            _ = try Listener(host: "127.0.0.1", port: port) { $0.close() }
        }
        #expect(error?.code == .addressInUse)
        #expect(error?.message.contains("127.0.0.1:\(port)") == true)
        listener.close()
    }

    @Test("A host that is no name of anything is refused")
    @LoopActor
    func unresolvable() throws {
        let error = #expect(throws: SocketError.self) {
            _ = try Listener(host: "no such host", port: 0) { $0.close() }
        }
        #expect(error?.code == .unresolvable)
    }

    @Test("A closed listener refuses, and its connections stay")
    @LoopActor
    func closed() async throws {
        var accepted: Connection?
        let listener = try Listener(host: "127.0.0.1", port: 0) { accepted = $0 }
        let port = listener.address.port
        let peer = try RawSocket.connect(port: port)
        await eventually("it is accepted") { accepted != nil }
        listener.close()
        listener.close()
        // A process that another test is starting holds a copy of every descriptor up to its exec.
        await eventually("it refuses") { (try? RawSocket.connect(port: port)) == nil }
        accepted?.send { $0.append("still here") }
        #expect(await peer.receive(count: 10) == Array("still here".utf8))
        accepted?.close()
    }

    @Test("Whoever is connected when a listener closes is accepted first")
    @LoopActor
    func closedBeforeAccepting() throws {
        // Given two peers whose connections wait to be accepted
        var accepted = [Connection]()
        let listener = try Listener(host: "127.0.0.1", port: 0) { accepted.append($0) }
        let peers = [
            try RawSocket.connect(port: listener.address.port),
            try RawSocket.connect(port: listener.address.port),
        ]
        #expect(accepted.isEmpty)
        // When the listener is closed in the same turn
        listener.close()
        // Then they are connections like any other
        #expect(accepted.count == peers.count)
        for connection in accepted { connection.close() }
    }

    @Test("A listener that is closed by what it accepted accepts nothing more")
    @LoopActor
    func closedWhileAccepting() async throws {
        // Given a listener whose place, and mostly whose descriptor, is taken by another one when it accepts
        var accepted = [Connection]()
        var acceptedByOther = [Connection]()
        var listener: Listener?
        var other: Listener?
        var peers = [RawSocket]()
        listener = try Listener(host: "127.0.0.1", port: 0) { connection in
            accepted.append(connection)
            listener?.close()
            other = try? Listener(host: "127.0.0.1", port: 0) { acceptedByOther.append($0) }
            guard let port = other?.address.port else { return }
            if let peer = try? RawSocket.connect(port: port) { peers.append(peer) }
        }
        let port = try #require(listener?.address.port)
        // When somebody connects to each
        peers.append(try RawSocket.connect(port: port))
        await eventually("both accept") { accepted.count + acceptedByOther.count == 2 }
        // Then each accepts its own
        #expect(accepted.count == 1)
        #expect(acceptedByOther.count == 1)
        for connection in accepted + acceptedByOther { connection.close() }
        other?.close()
        listener = nil
    }

    @Test("Without free descriptors a listener rests, and goes on when there are some again")
    func descriptorsExhausted() async {
        await #expect(processExitsWith: .success) {
            EventLoop.shared.startThread()
            exit(await serveWithoutDescriptors() ? 0 : 1)
        }
    }
}

/// In a process of its own: uses up the descriptors, has somebody connect, frees them; whether the one who
/// connected is accepted then and not before.
@LoopActor
private func serveWithoutDescriptors() async -> Bool {
    var accepted: Connection?
    guard let listener = try? Listener(host: "127.0.0.1", port: 0, onAccept: { accepted = $0 }) else {
        return false
    }
    let peer = RawSocket.unconnected()
    var limit = rlimit(rlim_cur: 64, rlim_max: 64)
    guard setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return false }
    var taken = [Int32]()
    while true {
        let descriptor = dup(0)
        guard descriptor >= 0 else { break }
        taken.append(descriptor)
    }
    guard (try? peer.connectBlocking(port: listener.address.port)) != nil else { return false }
    for _ in 0..<20 { await turn() }
    guard accepted == nil else { return false }
    for descriptor in taken { close(descriptor) }
    return await eventually("it is accepted") { accepted != nil }
}
