import EventLoop
import LogLine
import LoopTestSupport
import Replication
import TestSupport
import Testing
import Web

@testable import LogServing

@Suite("Following the log live", .loop)
struct LineTailTests {
    @Test("A tail gives what is there, then every line as it is added")
    @LoopActor
    func follows() async throws {
        let served = try ServedLines()
        try served.source.add(100)
        let tail = try await Tail(served, after: 0)
        #expect(try await tail.lines(upTo: 100) == served.source.bytes)
        for _ in 0..<20 { try served.publish(3) }
        #expect(try await tail.lines(upTo: 160) == served.source.bytes)
        #expect(served.tails.count == 1)
        tail.peer.socket.reset()
        await eventually("it is forgotten") { served.tails.count == 0 }
    }

    @Test("Lines reach tails whole and in order while reads take their time", arguments: 1...3)
    @LoopActor
    func interleaved(seed: UInt64) async throws {
        var random = SplitMix64(seed: seed)
        let served = try ServedLines()
        try served.source.add(200)
        var tails = [Tail]()
        for _ in 0..<40 {
            served.source.isSlow = random.oneIn(2)
            if random.oneIn(8) {
                let after = UInt64.random(in: 0...served.source.index.last.value, using: &random)
                tails.append(try await Tail(served, after: after))
            }
            try served.publish(Int.random(in: 1...30, using: &random))
            if random.oneIn(3) { await turn() }
        }
        tails.append(try await Tail(served, after: 0))
        for tail in tails {
            let start = Int(served.source.index.position(after: Offset(tail.after)))
            let expected = Array(served.source.bytes[start...])
            #expect(try await tail.lines(upTo: served.source.index.last.value) == expected, "seed \(seed)")
        }
    }

    @Test("A slow tail stays behind without holding lines for it, and gets them all in the end")
    @LoopActor
    func slowTail() async throws {
        let served = try ServedLines()
        let tail = try await Tail(served, after: 0, receiveBytes: 16_384)
        let text = String(repeating: "x", count: 4_000)
        for _ in 0..<1_500 { try served.publish(1, text) }
        await eventually("it is behind") { served.source.readCount > 0 || served.tails.count == 1 }
        for _ in 0..<20 { await turn() }
        let early = served.source.readCount
        #expect(early < 500)
        #expect(try await tail.lines(upTo: 1_500) == served.source.bytes)
        #expect(served.source.readCount > early)
    }

    @Test("A sign of life comes between lines: the log's own word where it is asked for, else a blank line")
    @LoopActor
    func heartbeats() async throws {
        let served = try ServedLines()
        try served.source.add(1)
        let plain = try await Tail(served, after: 1)
        let asking = try await Tail(served, after: 1, query: "&heartbeat=1")
        // The first comes at once where it is asked for
        let first = try await asking.line()
        let identity = try first.withUnsafeBytes { try Heartbeat.decode($0).identity }
        #expect(identity == served.source.identity)
        #expect(try await plain.line().isEmpty)
        // Told to, it comes before its time
        served.tails.tellHeartbeat()
        #expect(try await asking.line() == first)
    }

    @Test("What a pod passes on comes byte for byte, when it comes; nothing where nobody vouches for the log")
    @LoopActor
    func relayed() async throws {
        var last: HeartbeatForms?
        let served = try ServedLines { _ in .relayed { last } }
        let asking = try await Tail(served, after: 0, query: "&heartbeat=1")
        try served.publish(1)
        let line = try await asking.line()
        #expect(line + [0x0A] == served.source.bytes)
        let word = Array(#"{"epoch":"e", "of later versions" :[ ]}"#.utf8)
        let forms = HeartbeatForms(Heartbeat(served.source.identity), numbered: ByteSlice(word))
        last = forms
        served.tails.relay(forms)
        #expect(try await asking.line() == word)
        let late = try await Tail(served, after: 1, query: "&heartbeat=1")
        #expect(try await late.line() == word)
    }

    @Test("Who asks for the number of a heartbeat gets it, others get the log's word without it")
    @LoopActor
    func numbered() async throws {
        let served = try ServedLines { source in
            .own { Heartbeat(source.identity, beat: Beat(run: 1, count: 7)) }
        }
        let plain = try await Tail(served, after: 0, query: "&heartbeat=1").line()
        let full = try await Tail(served, after: 0, query: "&heartbeat=1&beat=1").line()
        let read = try full.withUnsafeBytes { try Heartbeat.decode($0) }
        #expect(read == Heartbeat(served.source.identity, beat: Beat(run: 1, count: 7)))
        #expect(try plain.withUnsafeBytes { try Heartbeat.decode($0) } == Heartbeat(served.source.identity))
    }

    @Test("Closing ends every tail properly")
    @LoopActor
    func closes() async throws {
        let served = try ServedLines()
        try served.source.add(3)
        let tail = try await Tail(served, after: 0)
        _ = try await tail.lines(upTo: 3)
        served.tails.close()
        #expect(served.tails.count == 0)
        #expect(try await tail.end())
    }

    @Test("A tail whose lines cannot be read ends early and is forgotten")
    @LoopActor
    func failure() async throws {
        let served = try ServedLines()
        try served.source.add(3)
        served.source.readsBeforeFailure = 0
        let peer = try served.connect()
        await peer.get("/log/tail")
        await #expect(throws: HTTPPeer.Failure.self) { _ = try await peer.answer() }
        await eventually("it is forgotten") { served.tails.count == 0 }
    }
}

/// A reader of `/log/tail`.
@LoopActor
private final class Tail {
    let after: UInt64
    let peer: HTTPPeer
    private var chunks = ChunkReader()

    init(_ served: ServedLines, after: UInt64, query: String = "", receiveBytes: Int32? = nil) async throws {
        self.after = after
        peer = try served.connect(receiveBytes: receiveBytes)
        let before = served.tails.count
        await peer.get("/log/tail?after=\(after)\(query)")
        await eventually("the tail is there") { served.tails.count > before }
    }

    /// The next line without its newline; blank ones, too.
    func line() async throws -> [UInt8] {
        while true {
            if let line = chunks.nextLine() { return line }
            try await receive()
        }
    }

    func lineButHeartbeats() async throws -> [UInt8] {
        while true {
            let line = try await line()
            if !line.isEmpty, !line.starts(with: Array("{\"epoch\"".utf8)) { return line }
        }
    }

    /// All lines up to the one at `offset`, with their newlines.
    func lines(upTo offset: UInt64) async throws -> [UInt8] {
        while next < offset {
            collected += try await lineButHeartbeats() + [0x0A]
            next += 1
        }
        return collected
    }

    private lazy var next = after
    private var collected = [UInt8]()

    /// Whether the body ends with its last chunk.
    func end() async throws -> Bool {
        while !chunks.hasEnded { try await receive() }
        return true
    }

    private func receive() async throws {
        let (bytes, end) = await peer.socket.receive()
        guard end == nil else { throw HTTPPeer.Failure.ended(end ?? .end, bytes: collected.count) }
        try chunks.feed(bytes)
    }
}

/// Takes a chunked body apart as it arrives.
private struct ChunkReader {
    private var raw = [UInt8]()
    private var text = [UInt8]()
    private var hasHead = false
    private(set) var hasEnded = false

    mutating func feed(_ bytes: [UInt8]) throws {
        raw += bytes
        if !hasHead {
            guard let end = index(of: Array("\r\n\r\n".utf8), in: raw) else { return }
            raw.removeFirst(end + 4)
            hasHead = true
        }
        var start = 0
        defer { raw.removeFirst(start) }
        while let end = raw[start...].firstIndex(of: 13), end + 1 < raw.count {
            let size = String(decoding: raw[start..<end], as: UTF8.self)
            guard let count = Int(size, radix: 16) else { throw HTTPPeer.Failure.malformed(size) }
            guard raw.count >= end + 2 + count + 2 else { return }
            text += raw[(end + 2)..<(end + 2 + count)]
            start = end + 2 + count + 2
            if count == 0 { hasEnded = true }
        }
    }

    mutating func nextLine() -> [UInt8]? {
        guard let end = text.firstIndex(of: 0x0A) else { return nil }
        defer { text.removeFirst(end + 1) }
        return Array(text[..<end])
    }

    private func index(of marker: [UInt8], in bytes: [UInt8]) -> Int? {
        guard bytes.count >= marker.count else { return nil }
        return (0...bytes.count - marker.count).first { start in
            bytes[start] == marker[0] && bytes[start...].starts(with: marker)
        }
    }
}
