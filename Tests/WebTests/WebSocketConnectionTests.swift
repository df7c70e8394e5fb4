import EventLoop
import LogLine
import LoopTestSupport
import Testing

@testable import Web

@Suite("A WebSocket's connection", .loop)
struct WebSocketConnectionTests {
    @Test("Messages go to the handler, and what it sends arrives as frames")
    @LoopActor
    func messages() async throws {
        let fixture = try PushFixture()
        let peer = try await fixture.socket()
        await peer.send(TestFrame(1, "Hel", isFinal: false), TestFrame(0, "lo"), TestFrame(2, "bytes"))
        let recorder = try fixture.recorder()
        await eventually("both come") { recorder.messages.count == 2 }
        #expect(recorder.messages == ["text Hello", "binary bytes"])
        let socket = try fixture.webSocket()
        socket.send(PreparedFrame(text: "prepared"))
        Array("own".utf8).withUnsafeBytes { socket.send(.binary, $0) }
        socket.send(PreparedFrame(text: String(repeating: "x", count: 70_000)))
        #expect(try await peer.frame() == "81 prepared")
        #expect(try await peer.frame() == "82 own")
        #expect(try await peer.frame().utf8.count == 70_003)
    }

    @Test("Pings are answered with their payload, also within a fragmented message; pongs are taken")
    @LoopActor
    func pings() async throws {
        let fixture = try PushFixture()
        let peer = try await fixture.socket()
        await peer.send(TestFrame(9, "1"), TestFrame(1, "a", isFinal: false), TestFrame(9, "2"))
        #expect(try await peer.frame() == "8a 1")
        #expect(try await peer.frame() == "8a 2")
        await peer.send(TestFrame(10, "unasked"), TestFrame(0, "b"))
        let recorder = try fixture.recorder()
        await eventually("the message comes") { recorder.messages == ["text ab"] }
    }

    @Test("A peer's goodbye is answered with its code, the connection is closed and the handler told")
    @LoopActor
    func closedByPeer() async throws {
        for (frame, answer, ending) in [
            (TestFrame.close(1000, "bye"), "88 1000 ", "by peer 1000 bye"),
            (TestFrame(8, ""), "88 ", "by peer 1005 "), (.close(4001), "88 4001 ", "by peer 4001 "),
        ] {
            let fixture = try PushFixture()
            let peer = try await fixture.socket()
            await peer.send(frame, TestFrame(1, "too late"))
            #expect(try await peer.frame() == answer)
            #expect(await peer.end() == .end)
            #expect(try await fixture.ending() == ending)
            #expect(try fixture.recorder().messages == [])
        }
    }

    @Test("Our goodbye is sent behind what is pending; messages are no longer taken; the answer ends it")
    @LoopActor
    func closedByUs() async throws {
        let fixture = try PushFixture()
        let peer = try await fixture.socket()
        let socket = try fixture.webSocket()
        socket.send(PreparedFrame(text: "last"))
        socket.close(Goodbye(.serviceRestart, "moving"))
        socket.send(PreparedFrame(text: "never"))
        socket.close(Goodbye(.normal))
        #expect(!socket.isOpen)
        #expect(try await peer.frame() == "81 last")
        #expect(try await peer.frame() == "88 1012 moving")
        await peer.send(TestFrame(1, "late"), TestFrame(9, "late"), .close(1012))
        #expect(await peer.end() == .end)
        #expect(try await fixture.ending() == "by us")
        #expect(try fixture.recorder().messages == [])
    }

    @Test("A goodbye that is not answered ends the connection in its time")
    @LoopActor
    func closeTimeout() async throws {
        let fixture = try PushFixture(limits: .with { $0.closeTime = .milliseconds(50) })
        let peer = try await fixture.socket()
        try fixture.channel().close(Goodbye(.normal))
        #expect(try await peer.frame() == "88 1000 ")
        #expect(try await fixture.ending() == "by us")
        #expect(await peer.end() == .end)
    }

    @Test(
        "A peer that breaks a rule gets a close frame with the code and the reason, and is closed",
        arguments: [
            (TestFrame(3, "x"), "1002", "the opcode 3 is reserved"),
            (TestFrame(1, "x").unmasked, "1002", "a client's frame is not masked"),
            (TestFrame(1, [0xFF]), "1007", "the text is not UTF-8"),
            (
                TestFrame(2, [UInt8](repeating: 1, count: 70_001)), "1009",
                "a frame has 70001 bytes; the limit is 70000"
            ),
        ])
    @LoopActor
    func failure(frame: TestFrame, code: String, reason: String) async throws {
        let fixture = try PushFixture(limits: .with { $0.webSocket = .small })
        let peer = try await fixture.socket()
        await peer.send(frame)
        #expect(try await peer.frame() == "88 \(code) \(reason)")
        #expect(try await fixture.ending() == "failed \(code)")
        #expect(await peer.end() == .end)
    }

    @Test("A connection that ends or breaks without a goodbye is lost, also within a message")
    @LoopActor
    func lost() async throws {
        let fixture = try PushFixture()
        let peer = try await fixture.socket()
        await peer.http.socket.send([0x81])
        peer.http.socket.endSending()
        #expect(try await fixture.ending() == "lost")
        let other = try await fixture.socket()
        other.http.socket.reset()
        #expect(try await fixture.ending() == "broken")
    }

    @Test("A handler that wants no messages gets none until it asks again, and then all in order")
    @LoopActor
    func backpressure() async throws {
        let fixture = try PushFixture()
        let peer = try await fixture.socket()
        let recorder = try fixture.recorder()
        recorder.onMessage = { _, socket in socket.pauseReading() }
        await peer.send(TestFrame(1, "a"), TestFrame(1, "b"), TestFrame(1, "c"))
        for count in 1...3 {
            await eventually("message \(count) comes") { recorder.messages.count == count }
            for _ in 0..<3 { await turn() }
            #expect(recorder.messages.count == count)
            try fixture.webSocket().resumeReading()
        }
        #expect(recorder.messages == ["text a", "text b", "text c"])
        await peer.send(TestFrame(1, "d"))
        await eventually("the next comes") { recorder.messages.last == "text d" }
    }

    @Test("A handler may pause and resume, or close, from within a message")
    @LoopActor
    func fromWithin() async throws {
        let fixture = try PushFixture()
        let peer = try await fixture.socket()
        let recorder = try fixture.recorder()
        recorder.onMessage = { message, socket in
            socket.pauseReading()
            socket.resumeReading()
            guard message.payload.text == "close" else { return }
            socket.pauseReading()
            socket.close(Goodbye(.policyViolation))
        }
        await peer.send(TestFrame(1, "a"), TestFrame(1, "close"), TestFrame(1, "b"))
        #expect(try await peer.frame() == "88 1008 ")
        await peer.send(.close(1008))
        #expect(try await fixture.ending() == "by us")
        #expect(recorder.messages == ["text a", "text close"])
    }

    @Test("What all sockets together hold of messages under way is bounded")
    @LoopActor
    func heldBytes() async throws {
        let fixture = try PushFixture(limits: .with { $0.heldBytesMax = 15_000 })
        let piece = TestFrame(2, [UInt8](repeating: 1, count: 9_000), isFinal: false)
        let first = try await fixture.socket()
        let recorder = try fixture.recorder()
        await first.send(piece)
        let second = try await fixture.socket()
        await second.send(piece)
        #expect(try await second.frame() == "88 1013 too many messages are being received")
        await second.send(.close(1013))
        #expect(await second.end() == .end)
        // What the one gave back the other may have
        await first.send(TestFrame(0, "end"), piece)
        await eventually("the first goes on") { recorder.messages.count == 1 }
        #expect(fixture.channels.count == 1)
    }

    @Test("Nothing of a decoder stays when no message is under way")
    @LoopActor
    func idleMemory() async throws {
        let fixture = try PushFixture()
        let peer = try await fixture.socket()
        let socket = try fixture.webSocket()
        await peer.send(TestFrame(1, "a", isFinal: false))
        await eventually("a message is under way") { socket.isMessageUnderWay }
        await peer.send(TestFrame(0, "b"))
        await eventually("nothing is") { !socket.isMessageUnderWay }
    }
}
