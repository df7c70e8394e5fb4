import EventLoop
import LogLine
import LoopTestSupport
import Testing

@testable import Web

@Suite("Push channels", .loop)
struct PushChannelTests {
    @Test("Frames of one turn leave in one system call, shared by all and freed when they are sent")
    @LoopActor
    func oneCall() async throws {
        // Given sockets that keep apart what was sent by separate calls
        let channels = PushChannels()
        let ends = [RawSocket.pair(.init(rawValue: 5)), RawSocket.pair(.init(rawValue: 5))]
        let sockets = try ends.map { end in
            let address = try SocketAddress.resolve(host: "127.0.0.1", port: 1)
            let socket = WebSocketConnection(Connection(end.other, peer: address), in: channels)
            socket.open(PushRecorder(), leftovers: .empty)
            return socket
        }
        // When several small frames are sent to all in one turn
        weak var block: ByteBlock?
        do {
            let frames = (0..<8).map { PreparedFrame(text: "frame \($0)") }
            for frame in frames {
                for socket in sockets { socket.send(frame) }
                #expect(frame.textFrame.block === frame.textFrame.block)
            }
            block = frames.first?.textFrame.block
        }
        #expect(sockets.allSatisfy { $0.pendingBytes == 8 * 9 } && block != nil)
        // Then each gets them at once, and nothing of them is kept
        for end in ends {
            let bytes = await end.own.receive().bytes
            #expect(bytes.count == 72 && bytes.prefix(9) == [0x81, 7] + Array("frame 0".utf8))
        }
        await eventually("the frames are freed") { block == nil }
        for socket in sockets { socket.close(Goodbye(.normal)) }
    }

    @Test("Several messages are one frame or event each, in one shared piece")
    @LoopActor
    func severalMessages() async throws {
        let fixture = try PushFixture()
        let peer = try await fixture.socket()
        var idCount = 0
        let frame = PreparedFrame(
            ["one", "two"].map { text in
                PreparedFrame.Message(ByteSlice(Array(text.utf8)), event: Array("news".utf8)) {
                    idCount += 1
                    return Array("e:\(text)".utf8)
                }
            })
        try fixture.channel().send(frame)
        #expect(try await peer.frame() == "81 one")
        #expect(try await peer.frame() == "81 two")
        #expect(idCount == 0, "ids are made for event streams only")
        #expect(
            frame.eventChunk.plain.text
                == "id: e:one\nevent: news\ndata: one\n\nid: e:two\nevent: news\ndata: two\n\n")
        #expect(frame.eventChunk.chunked.block === frame.eventChunk.plain.block && idCount == 2)
    }

    @Test("A consumer that is too slow is cut behind what is pending, with the owner's goodbye")
    @LoopActor
    func slowConsumer() async throws {
        let fixture = try PushFixture(limits: .with { $0.pendingBytesMax = 100_000 })
        let peer = try await fixture.socket(receiveBytes: 4_096)
        let recorder = try fixture.recorder()
        recorder.goodbye = Goodbye(.init(rawValue: 4008), "resume from 7")
        let socket = try fixture.channel()
        let frame = PreparedFrame(text: String(repeating: "x", count: 10_000))
        var sentCount = 0
        while socket.isOpen {
            socket.send(frame)
            if socket.isOpen { sentCount += 1 }
            #expect(socket.pendingBytes <= 100_000 + 10_004 + 127)
            await turn()
        }
        #expect(recorder.overflowCount == 1)
        // Then the peer reads all that was taken, and why there is no more
        for _ in 0..<sentCount { #expect(try await peer.frame().utf8.count == 10_003) }
        #expect(try await peer.frame() == "88 4008 resume from 7")
        await peer.send(.close(4008))
        #expect(try await fixture.ending() == "by us")
    }

    @Test("Pongs that nobody reads are bounded as everything else is")
    @LoopActor
    func pingFlood() async throws {
        let fixture = try PushFixture(limits: .with { $0.pendingBytesMax = 10_000 })
        let peer = try await fixture.socket(receiveBytes: 4_096)
        let ping = TestFrame(9, [UInt8](repeating: 0x61, count: 125)).bytes
        let flood = (0..<100).flatMap { _ in ping }
        let socket = try fixture.channel()
        Task { while await peer.http.socket.send(flood) {} }
        await eventually("the flood is cut") { !socket.isOpen }
        #expect(socket.pendingBytes < 20_000)
        #expect(try fixture.recorder().overflowCount == 1)
        peer.http.socket.reset()
        _ = try await fixture.ending()
    }

    @Test("A sender that asks is told when there is room again")
    @LoopActor
    func drained() async throws {
        let fixture = try PushFixture(limits: .with { $0.pendingBytesMax = 16 << 20 })
        let peer = try await fixture.socket(receiveBytes: 4_096)
        let socket = try fixture.channel()
        let recorder = try fixture.recorder()
        #expect(socket.hasRoom)
        for _ in 0..<8 { socket.send(PreparedFrame(text: String(repeating: "x", count: 1 << 20))) }
        #expect(!socket.hasRoom)
        socket.notifyWhenDrained()
        for _ in 0..<3 { await turn() }
        #expect(recorder.drainedCount == 0)
        for _ in 0..<8 { _ = try await peer.frame() }
        await eventually("it is told") { recorder.drainedCount == 1 }
        #expect(socket.hasRoom)
    }

    @Test("All channels can be visited while some of them close")
    @LoopActor
    func forEach() async throws {
        let fixture = try PushFixture()
        let peers = [try await fixture.socket(), try await fixture.socket(), try await fixture.socket()]
        #expect(fixture.channels.count == 3)
        fixture.channels.forEach { $0.close(Goodbye(.goingAway)) }
        for peer in peers {
            #expect(try await peer.frame() == "88 1001 ")
            await peer.send(.close(1001))
        }
        await eventually("all are closed") { fixture.channels.count == 0 }
    }
}

@Suite("Heartbeats of push channels", .loopAlone)
struct PushHeartbeatTests {
    @Test("A silent WebSocket gets a ping, and one that answers with anything lives on")
    @LoopActor
    func alive() async throws {
        let fixture = try PushFixture(limits: Self.fast)
        let peer = try await fixture.socket()
        for answer in [TestFrame(10, ""), TestFrame(1, "busy"), TestFrame(10, "")] {
            #expect(try await peer.frame() == "89 ")
            await peer.send(answer)
        }
        #expect(try fixture.recorder().ends.isEmpty)
    }

    @Test("A WebSocket that answers nothing is given up")
    @LoopActor
    func dead() async throws {
        let fixture = try PushFixture(limits: Self.fast)
        let peer = try await fixture.socket()
        #expect(try await peer.frame() == "89 ")
        #expect(try await fixture.ending() == "silent")
        #expect(await peer.end() == .end)
    }

    @Test("One timer looks after many channels, also while they come and go")
    @LoopActor
    func many() async throws {
        let fixture = try PushFixture(limits: Self.fast)
        var peers = [WebSocketPeer]()
        for _ in 0..<20 { peers.append(try await fixture.socket()) }
        peers.removeSubrange(5..<9)
        for peer in peers { #expect(try await peer.frame() == "89 ") }
        await eventually("all are given up") { fixture.channels.count == 0 }
    }

    @Test("An event stream with nothing to say sends a comment now and then")
    @LoopActor
    func keepAlive() async throws {
        let fixture = try PushFixture(limits: .with { $0.keepAliveInterval = .milliseconds(40) })
        let peer = try fixture.server.connect()
        await peer.get("/events")
        _ = try await peer.take(through: "\r\n\r\n")
        for _ in 0..<3 {
            #expect(
                try await String(decoding: peer.take(through: "\n\n\r\n"), as: UTF8.self) == "4\r\n: \n\n\r\n"
            )
        }
    }

    private static let fast = PushLimits.with {
        $0.heartbeatInterval = .milliseconds(60)
        $0.heartbeatTime = .milliseconds(400)
    }
}
