import EventLoop
import LogLine
import LoopTestSupport
import TestSupport
import Testing

@testable import ChatService

@Suite("Delivering lines to consumers", .loop)
struct DeliveryTests {
    @Test("A stream gives what stands behind its position, then every line as it is applied")
    @LoopActor
    func historyAndLive() async throws {
        let pod = PodMemory()
        try pod.apply(Array(repeating: "general", count: 10))
        let outlet = FakeOutlet()
        let stream = Subscription(.allPublic, after: Offset(4), to: outlet, of: pod.delivery)
        stream.start()
        #expect(outlet.joined == Position(epoch: PodMemory.epoch, offset: Offset(10)))
        for _ in 0..<5 { try pod.apply(["general", "other"]) }
        #expect(outlet.lines == pod.expected(after: 4) { _ in true })
        #expect(outlet.offsets == (5...20).map { Offset($0) })
    }

    @Test("Only the channels that were asked for are carried, private ones never unasked")
    @LoopActor
    func filters() async throws {
        let pod = PodMemory()
        let channels = ["a", "b", "@room-1", "$accounts", "quo\"ted"]
        let all = FakeOutlet()
        let some = FakeOutlet()
        let filter = ChannelFilter(
            hasAllPublic: false,
            channels: ["b", "@room-1", "quo\"ted"].map { Channel(trusted: Array($0.utf8)) })
        try pod.apply(channels)
        let allStream = Subscription(.allPublic, after: .zero, to: all, of: pod.delivery)
        let someStream = Subscription(filter, after: .zero, to: some, of: pod.delivery)
        allStream.start()
        someStream.start()
        try pod.apply(channels)
        #expect(all.lines == pod.expected(after: 0) { ["a", "b", "quo\"ted"].contains($0) })
        #expect(some.lines == pod.expected(after: 0) { ["b", "@room-1", "quo\"ted"].contains($0) })
    }

    @Test("Lines of a channel that are applied together leave in one piece, up to its limit")
    @LoopActor
    func pieces() async throws {
        let pod = PodMemory()
        let all = FakeOutlet()
        let one = FakeOutlet()
        let onlyB = ChannelFilter(hasAllPublic: false, channels: [Channel(trusted: Array("b".utf8))])
        let streams = [
            Subscription(.allPublic, after: .zero, to: all, of: pod.delivery),
            Subscription(onlyB, after: .zero, to: one, of: pod.delivery),
        ]
        for stream in streams { stream.start() }
        try pod.apply(["a", "a", "a", "b", "b", "a"])
        #expect(all.pieceCount == 3 && one.pieceCount == 1)
        #expect(all.lines == pod.expected(after: 0) { _ in true })
        #expect(one.offsets == [Offset(4), Offset(5)])
        // What is more than a piece may hold is sent in several
        let lineBytes = try #require(all.lines.last?.count)
        let count = DeliveryLimits.runBytesMax / lineBytes + 10
        try pod.apply(Array(repeating: "b", count: count))
        #expect(one.pieceCount == 3)
        #expect(one.lines == pod.expected(after: 0) { $0 == "b" })
    }

    @Test(
        "Streams that begin anywhere, at any time, on a small memory get every line once, in order",
        arguments: 1...6)
    @LoopActor
    func joins(seed: UInt64) async throws {
        var random = SplitMix64(seed: seed)
        let pod = PodMemory(historyBytes: seed.isMultiple(of: 2) ? 0 : 200_000)
        let names = ["a", "b", "c", "@d"]
        var streams = [(stream: Subscription, outlet: FakeOutlet, after: Int, wanted: Set<String>)]()
        for _ in 0..<300 {
            let count = Int.random(in: 1...60, using: &random)
            try pod.apply((0..<count).map { _ in names.randomElement(using: &random) ?? "a" })
            if Int.random(in: 0..<6, using: &random) == 0 {
                let after = Int.random(in: 0...pod.lines.count, using: &random)
                let wanted = Set(names.filter { _ in Bool.random(using: &random) } + ["a"])
                let filter = ChannelFilter(
                    hasAllPublic: false, channels: wanted.map { Channel(trusted: Array($0.utf8)) })
                let outlet = FakeOutlet()
                let stream = Subscription(filter, after: Offset(UInt64(after)), to: outlet, of: pod.delivery)
                streams.append((stream, outlet, after, wanted))
                stream.start()
            }
            if let one = streams.randomElement(using: &random) {
                one.outlet.isStalled.toggle()
                if !one.outlet.isStalled { one.outlet.take() }
            }
            if Int.random(in: 0..<4, using: &random) == 0 { await turn() }
        }
        for stream in streams {
            stream.outlet.isStalled = false
            await eventually("all is delivered, seed \(seed)") {
                stream.outlet.take()
                return stream.stream.state == .live
            }
            let expected = pod.expected(after: stream.after) { stream.wanted.contains($0) }
            #expect(stream.outlet.lines == expected, "seed \(seed), after \(stream.after)")
            #expect(stream.outlet.cutReason == nil)
        }
        if !seed.isMultiple(of: 2) { #expect(pod.readCount > 0, "older lines came from the log") }
    }

    @Test("A live consumer that takes nothing ends where it is cut, others go on")
    @LoopActor
    func cutsSlow() async throws {
        let pod = PodMemory()
        let slow = FakeOutlet()
        let quick = FakeOutlet()
        let streams = [slow, quick].map { Subscription(.allPublic, after: .zero, to: $0, of: pod.delivery) }
        for stream in streams { stream.start() }
        slow.stream = streams[0]
        slow.isStalled = true
        while streams[0].state == .live, pod.lines.count < 10_000 { try pod.apply(["general"]) }
        #expect(streams[0].state == .ended)
        #expect(slow.lines.count == pod.lines.count - 1, "all but the one that cut it")
        try pod.apply(["general"])
        #expect(slow.lines.count == pod.lines.count - 2)
        #expect(quick.lines.count == pod.lines.count)
        #expect(pod.delivery.liveCount == 1)
    }

    @Test("A stream that is catching up waits for its consumer instead of queuing history")
    @LoopActor
    func catchUpWaits() async throws {
        let pod = PodMemory()
        try pod.apply(Array(repeating: "general", count: 20_000))
        let outlet = FakeOutlet()
        outlet.isStalled = true
        let stream = Subscription(.allPublic, after: .zero, to: outlet, of: pod.delivery)
        stream.start()
        #expect(!outlet.hasRoom)
        #expect(outlet.lines.count <= DeliveryLimits.catchUpLines)
        #expect(outlet.joined == nil)
        await eventually("it joins") {
            outlet.take()
            return outlet.joined != nil
        }
        #expect(outlet.lines == pod.expected(after: 0) { _ in true })
    }

    @Test("A position ahead of the pod is waited for, nothing up to it is repeated")
    @LoopActor
    func ahead() async throws {
        let pod = PodMemory()
        try pod.apply(["general"])
        let outlet = FakeOutlet()
        let stream = Subscription(.allPublic, after: Offset(3), to: outlet, of: pod.delivery)
        stream.start()
        try pod.apply(["general", "general", "general"])
        #expect(outlet.offsets == [Offset(4)])
    }

    @Test("When older lines cannot be had from the log the stream ends with that reason")
    @LoopActor
    func historyUnavailable() async throws {
        let pod = PodMemory(historyBytes: 100_000)
        try pod.apply(Array(repeating: "general", count: 20_000))
        pod.readBytesMax = 5_000
        let outlet = FakeOutlet()
        let stream = Subscription(.allPublic, after: .zero, to: outlet, of: pod.delivery)
        stream.start()
        await eventually("it ends") { outlet.cutReason != nil }
        #expect(outlet.cutReason == .historyUnavailable)
        #expect(outlet.lines == Array(pod.expected(after: 0) { _ in true }.prefix(outlet.lines.count)))
    }

    @Test("A stream that ended, and one whose channel was taken away, get nothing more")
    @LoopActor
    func ends() async throws {
        let pod = PodMemory()
        let outlet = FakeOutlet()
        let names = ["a", "b"].map { Channel(trusted: Array($0.utf8)) }
        let stream = Subscription(
            ChannelFilter(hasAllPublic: false, channels: names), after: .zero, to: outlet, of: pod.delivery)
        stream.start()
        try pod.apply(["a", "b"])
        stream.narrow { $0.remove(names[0]) }
        try pod.apply(["a", "b"])
        stream.end()
        try pod.apply(["a", "b"])
        #expect(outlet.offsets == [Offset(1), Offset(2), Offset(4)])
        #expect(pod.delivery.liveCount == 0)
    }

    @Test("A log that became another one ends every live stream and wakes every poll")
    @LoopActor
    func superseded() async throws {
        let pod = PodMemory()
        let outlet = FakeOutlet()
        let stream = Subscription(.allPublic, after: .zero, to: outlet, of: pod.delivery)
        stream.start()
        var woken = 0
        _ = pod.delivery.polls.add(Array("a".utf8), timeout: .seconds(60)) { woken += 1 }
        pod.delivery.discarded()
        #expect(outlet.cutReason == .superseded)
        #expect(woken == 1)
        #expect(pod.delivery.liveCount == 0)
    }

    @Test("A poll is woken by a message of its channel only, once, and not when it was withdrawn")
    @LoopActor
    func polls() async throws {
        let pod = PodMemory()
        var woken = [String]()
        for name in ["a", "b", "gone"] {
            let ticket = pod.delivery.polls.add(Array(name.utf8), timeout: .seconds(60)) {
                woken.append(name)
            }
            if name == "gone" { pod.delivery.polls.remove(try #require(ticket)) }
        }
        try pod.apply(["a", "c", "gone", "a"])
        #expect(woken == ["a"])
        #expect(pod.delivery.polls.count == 1)
    }

    @Test("A poll that waits in vain ends at its time")
    @LoopActor
    func pollTimeout() async throws {
        let pod = PodMemory()
        var isOver = false
        _ = pod.delivery.polls.add(Array("a".utf8), timeout: .milliseconds(5)) { isOver = true }
        await eventually("it ends") { isOver }
        #expect(pod.delivery.polls.isEmpty)
    }
}
