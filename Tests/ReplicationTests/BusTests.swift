import LogLine
import Replication
import Testing

/// A stand-in for HMAC-SHA-256: tests need only that it depends on every byte and on the secret.
func makeSeal(_ secret: UInt8) -> BusSeal {
    BusSeal(
        sign: { bytes in
            var state = SplitMix64(seed: UInt64(secret))
            var sum: UInt64 = 0
            for byte in bytes { sum = (sum ^ UInt64(byte)) &* 0x100_0000_01B3 &+ state.next() }
            var words = SplitMix64(seed: sum)
            return (0..<32).map { _ in UInt8(truncatingIfNeeded: words.next()) }
        },
        isEqual: { $0 == $1 })
}

func payloads(_ bytes: [UInt8], after: UInt64 = 0, seal: BusSeal? = nil) -> [[UInt8]] {
    var published: [[UInt8]] = []
    BusPayload.encode(ByteSlice(bytes), epoch: sampleEpoch, after: Offset(after), seal: seal) {
        published.append($0.array)
    }
    return published
}

func decode(_ payload: [UInt8], seal: BusSeal? = nil) throws -> LineBatch {
    try payload.withUnsafeBytes { try BusPayload.decode($0, seal: seal) }
}

@Suite("A payload on Redis")
struct BusPayloadTests {
    @Test("is a header and the lines as they are, newlines between")
    func golden() throws {
        let history = try SampleHistory(2)
        let published = payloads(history.bytes[0] + history.bytes[1])
        let expected =
            Array("{\"epoch\":\"8f14e45fceea167a\",\"after\":0}\n".utf8) + history.bytes[0]
            + history.bytes[1].dropLast()
        #expect(published == [expected])
    }

    @Test("is read back: the lines with their newlines, what each says, and where they belong")
    func roundTrip() throws {
        let history = try SampleHistory(9)
        let published = payloads(Array(history.bytes[4...].joined()), after: 4)
        let batch = try decode(published[0])
        #expect(batch.epoch == sampleEpoch && batch.first == Offset(5) && batch.last == Offset(9))
        #expect(batch.bytes.array == Array(history.bytes[4...].joined()))
        for (index, line) in batch.lines.enumerated() {
            #expect(batch.bytes[line.range].array == history.bytes[4 + index])
            #expect(line.scan.offset == Offset(UInt64(5 + index)))
        }
    }

    @Test("may hold a redacted line, whose own checksum is looked at")
    func redacted() throws {
        let history = try SampleHistory(2)
        let line = try history.bytes[1].dropLast().withUnsafeBytes { bytes in
            try #require(try Line.redacted(bytes, try Line.scan(bytes)))
        }
        let published = payloads(history.bytes[0] + line)
        let batch = try decode(published[0])
        #expect(batch.lines[1].scan.isRedacted)
        #expect(try batch.lines[1].scan.crc == history.crc(2))
        var damaged = published[0]
        damaged[damaged.count - 4] ^= 1
        #expect(throws: BusError.self) { try decode(damaged) }
    }

    @Test("may end with a newline")
    func finalNewline() throws {
        let history = try SampleHistory(2)
        let published = payloads(Array(history.bytes.joined()))
        #expect(try decode(published[0] + [0x0A]).bytes.array == Array(history.bytes.joined()))
    }

    @Test(
        "is at most 1 MiB: longer batches become several, with nothing between them",
        arguments: [false, true])
    func splits(isSealed: Bool) throws {
        let seal = isSealed ? makeSeal(1) : nil
        let history = try SampleHistory(60, text: String(repeating: "x", count: 50_000))
        let published = payloads(Array(history.bytes.joined()), seal: seal)
        #expect(published.count == 3)
        var next = Offset(1)
        for payload in published {
            #expect(payload.count <= BusPayload.bytesMax)
            let batch = try decode(payload, seal: seal)
            #expect(batch.first == next)
            next = batch.last.next
        }
        #expect(next == Offset(61))
    }

    @Test("holds even the longest line")
    func longestLine() throws {
        let lines = ByteBuffer()
        let text = String(repeating: "\u{1}", count: LineLimits.textBytesMax)
        _ = Line.encode(try message(text), offset: Offset(1), time: sampleTime, into: lines)
        let published = payloads(lines.array, seal: makeSeal(1))
        #expect(try decode(published[0], seal: makeSeal(1)).count == 1)
    }

    @Test("of nothing is not published")
    func empty() {
        #expect(payloads([]).isEmpty)
    }

    @Test("passes over members of later versions in its header")
    func unknownMembers() throws {
        let history = try SampleHistory(1)
        let header = Array("{\"epoch\":\"8f14e45fceea167a\",\"after\":0,\"new\":[1]}\n".utf8)
        #expect(try decode(header + history.bytes[0]).count == 1)
    }

    @Test("with a flipped bit, wherever, is refused or says the same", arguments: [false, true])
    func flippedBits(isSealed: Bool) throws {
        let seal = isSealed ? makeSeal(1) : nil
        let payload = payloads(Array(try SampleHistory(2).bytes.joined()), seal: seal)[0]
        for index in payload.indices {
            var damaged = payload
            damaged[index] ^= 1
            // Being refused is what it should be.
            guard let batch = try? decode(damaged, seal: seal) else { continue }
            #expect(!isSealed && index < 40, "byte \(index) was changed unnoticed")
            #expect(batch.count == 2)
        }
    }

    @Test("cut off anywhere is refused, or holds fewer whole lines")
    func truncated() throws {
        let history = try SampleHistory(3)
        let payload = payloads(Array(history.bytes.joined()))[0]
        for count in 0..<payload.count {
            // Being refused is what it should be.
            guard let batch = try? decode(Array(payload[..<count])) else { continue }
            #expect(history.bytes.joined().starts(with: batch.bytes.array))
        }
        let sealed = payloads(Array(history.bytes.joined()), seal: makeSeal(1))[0]
        for count in 0..<sealed.count {
            #expect(throws: BusError.self) { try decode(Array(sealed[..<count]), seal: makeSeal(1)) }
        }
    }
}

@Suite("A hostile payload")
struct HostilePayloadTests {
    private func code(_ payload: [UInt8], seal: BusSeal? = nil) -> BusError.Code? {
        do {
            _ = try decode(payload, seal: seal)
            return nil
        } catch {
            return (error as? BusError)?.code
        }
    }

    @Test(
        "that is no payload is malformed",
        arguments: [
            "", "\n", "x\n", "{}\n", "[]\n", #"{"epoch":"8f14e45fceea167a"}"# + "\nx",
            #"{"after":1}"# + "\nx",
            #"{"epoch":"8F14e45fceea167a","after":1}"# + "\nx", #"{"epoch":1,"after":1}"# + "\nx",
            #"{"epoch":"8f14e45fceea167a","after":-1}"# + "\nx",
            #"{"epoch":"8f14e45fceea167a","after":1,"after":1}"# + "\nx",
            #"{"epoch":"8f14e45fceea167a","after":99999999999999999999}"# + "\nx",
            #"{"epoch":"8f14e45fceea167a","after":1}"#, "{" + String(repeating: " ", count: 2000) + "}\nx",
        ])
    func malformed(text: String) {
        #expect(code(Array(text.utf8)) == .malformed)
    }

    @Test("that is too large is refused unread")
    func tooLarge() {
        #expect(code([UInt8](repeating: 0x20, count: BusPayload.bytesMax + 1)) == .tooLarge)
    }

    @Test("without a line, with a blank one or with none that is valid is refused")
    func badLines() throws {
        let header = Array("{\"epoch\":\"8f14e45fceea167a\",\"after\":0}\n".utf8)
        let line = try SampleHistory(1).bytes[0]
        #expect(code(header) == .badLine)
        #expect(code(header + [0x0A]) == .badLine)
        #expect(code(header + line + [0x0A]) == .badLine)
        #expect(code(header + [0x0A] + line) == .badLine)
        #expect(code(header + Array("{\"offset\":1}".utf8)) == .badLine)
    }

    /// A right crc does not make a line: without a seal each is parsed strictly.
    @Test("whose line has a right crc but breaks a rule is refused")
    func strict() {
        let content =
            #"{"offset":1,"time":"2026-11-20T06:31:00.123Z","channel":"a","id":"ä","message_text":"x""#
        let crc = Array(content.utf8).withUnsafeBytes { CRC32C.checksum($0) }
        let digits = String(crc, radix: 16)
        let padded = String(repeating: "0", count: 8 - digits.count) + digits
        let header = "{\"epoch\":\"8f14e45fceea167a\",\"after\":0}\n"
        #expect(code(Array("\(header)\(content),\"crc\":\"\(padded)\"}".utf8)) == .badLine)
    }

    @Test("whose offsets do not follow is refused")
    func badOffsets() throws {
        let history = try SampleHistory(3)
        let header = Array("{\"epoch\":\"8f14e45fceea167a\",\"after\":0}\n".utf8)
        #expect(code(header + history.bytes[1]) == .badOffset)
        #expect(code(header + history.bytes[0] + history.bytes[2]) == .badOffset)
        #expect(code(header + history.bytes[0] + history.bytes[0]) == .badOffset)
    }

    @Test("without our mac is refused when there is a secret")
    func macs() throws {
        let bytes = try SampleHistory(1).bytes[0]
        #expect(code(payloads(bytes)[0], seal: makeSeal(1)) == .macMissing)
        #expect(code(payloads(bytes, seal: makeSeal(2))[0], seal: makeSeal(1)) == .macMismatch)
        #expect(code(payloads(bytes, seal: makeSeal(1))[0], seal: makeSeal(1)) == nil)
    }

    @Test("with the header of another sealed payload is refused")
    func splicedHeader() throws {
        let history = try SampleHistory(2)
        let one = payloads(history.bytes[0], seal: makeSeal(1))[0]
        let two = payloads(history.bytes[1], after: 1, seal: makeSeal(1))[0]
        let spliced = (lines(in: one)[0] + [0x0A] + lines(in: two)[1])
        #expect(code(spliced, seal: makeSeal(1)) == .macMismatch)
    }
}

@Suite("A heartbeat on Redis")
struct HeartbeatTests {
    private let identity = LogIdentity(epoch: sampleEpoch, offset: Offset(42), digest: Digest(0xAB))

    private func decode(_ text: String, seal: BusSeal? = nil) throws -> LogIdentity {
        try Array(text.utf8).withUnsafeBytes { try Heartbeat.decode($0, seal: seal).identity }
    }

    @Test("is one object")
    func golden() {
        #expect(
            encoded { Heartbeat(identity).encode(into: $0) }
                == #"{"epoch":"8f14e45fceea167a","offset":42,"digest":"00000000000000ab"}"#)
        let full = Heartbeat(identity, confirm: Offset(7), beat: Beat(run: 0x1F, count: 9))
        #expect(
            encoded { full.encode(into: $0) } == """
                {"epoch":"8f14e45fceea167a","offset":42,"digest":"00000000000000ab","confirm":7,\
                "run":"000000000000001f","beat":9}
                """)
    }

    @Test("is read back, sealed or not")
    func roundTrip() throws {
        #expect(try decode(encoded { Heartbeat(identity).encode(into: $0) }) == identity)
        let sealed = encoded { Heartbeat(identity).encode(seal: makeSeal(1), into: $0) }
        #expect(sealed.contains(#","mac":""#))
        #expect(try decode(sealed, seal: makeSeal(1)) == identity)
        #expect(try decode(sealed) == identity)
        let full = Heartbeat(identity, confirm: Offset(7), beat: Beat(run: 0x1F, count: 9))
        for told in [full, Heartbeat(identity, redacted: 3)] {
            let text = encoded { told.encode(into: $0) }
            #expect(try Array(text.utf8).withUnsafeBytes { try Heartbeat.decode($0) } == told)
        }
    }

    @Test(
        "that is none is refused",
        arguments: [
            "", "{}", #"{"epoch":"8f14e45fceea167a","offset":42}"#,
            #"{"epoch":"8f14e45fceea167a","offset":9007199254740993,"digest":"00000000000000ab"}"#,
            #"{"epoch":"8f14e45fceea167a","offset":1,"digest":"00000000000000AB"}"#,
            #"{"epoch":"8f14e45fceea167a","offset":1,"digest":"00000000000000ab"}x"#,
            #"{"epoch":"8f14e45fceea167a","offset":1,"digest":"00000000000000ab","run":"1","beat":1}"#,
            #"{"epoch":"8f14e45fceea167a","offset":1,"digest":"00000000000000ab","beat":-1}"#,
        ])
    func malformed(text: String) {
        let error = #expect(throws: BusError.self) { try decode(text) }
        #expect(error?.code == .malformed)
    }

    @Test("that is too long, unsealed or sealed by another is refused")
    func refused() {
        let long = #"{"x":""# + String(repeating: "x", count: 2000) + "\"}"
        #expect(#expect(throws: BusError.self) { try decode(long) }?.code == .tooLarge)
        let plain = encoded { Heartbeat(identity).encode(into: $0) }
        #expect(
            #expect(throws: BusError.self) { try decode(plain, seal: makeSeal(1)) }?.code == .macMissing)
        let foreign = encoded { Heartbeat(identity).encode(seal: makeSeal(2), into: $0) }
        #expect(
            #expect(throws: BusError.self) { try decode(foreign, seal: makeSeal(1)) }?.code == .macMismatch)
    }
}

@Suite("Channels on Redis")
struct ChannelTests {
    @Test("of the cluster bear its name")
    func topics() {
        #expect(Topics(clusterName: "").log == Array("chat-cluster:log".utf8))
        #expect(Topics(clusterName: "").head == Array("chat-cluster:head".utf8))
        #expect(Topics(clusterName: "blue").log == Array("chat-cluster:blue:log".utf8))
    }

    @Test("that are somebody's own are known by their beginning")
    func own() {
        for own in ["chat-cluster:log", "chat-cluster:", "__keyspace@0__:x", "$secret", "@alice"] {
            #expect(Topics.isOwn(Array(own.utf8)), "\(own)")
        }
        for plain in ["", "chat-cluster", "_x", "default-channel", "a$", "a@b"] {
            #expect(!Topics.isOwn(Array(plain.utf8)), "\(plain)")
        }
    }

    @Test("but the cluster's own are each matched by one of the patterns for others, and those by none")
    func others() {
        // Given names that share a beginning with the cluster's topics, and then go on in some way
        let prefix = "chat-cluster:"
        var names = ["tea", "Chat-cluster:log", "ça va", "chat-clusterx:", "cc", "__redis__"]
        for count in 0...prefix.utf8.count {
            let common = String(prefix.prefix(count))
            names += ["", "c", "-", ":", "]", "^", "*", "x:log", "log"].map { common + $0 }
        }
        let patterns = Topics.othersPatterns.map { ChannelPattern($0) }
        for name in names {
            // When they are matched
            let matches = patterns.filter { $0.matches(Array(name.utf8)) }.count
            // Then a message on them comes once, or not at all
            #expect(matches == (name.hasPrefix(prefix) ? 0 : 1), "\(name)")
        }
    }

    @Test(
        "are matched as Redis does",
        arguments: [
            ("*", "", true), ("*", "abc", true), ("a*", "abc", true), ("a*", "bac", false),
            ("*c", "abc", true), ("a*b*c", "aXbXbXc", true), ("a*b*c", "aXbXbX", false), ("", "", true),
            ("", "a", false), ("a?c", "abc", true), ("a?c", "ac", false), ("h[ae]llo", "hello", true),
            ("h[ae]llo", "hillo", false), ("h[^e]llo", "hallo", true), ("h[^e]llo", "hello", false),
            ("h[a-c]llo", "hbllo", true), ("h[c-a]llo", "hbllo", true), ("h[a-c]llo", "hdllo", false),
            ("h\\*llo", "h*llo", true), ("h\\*llo", "hello", false), ("[\\]]", "]", true),
            ("a\\", "a\\", true),
            ("[abc", "b", true), ("[abc", "d", false), ("**a", "bba", true), ("[a-", "-", true),
        ])
    func patterns(pattern: String, name: String, isMatch: Bool) {
        #expect(ChannelPattern(pattern).matches(Array(name.utf8)) == isMatch)
    }

    @Test("are matched in little time whatever the pattern")
    func hostilePattern() {
        let pattern = ChannelPattern(String(repeating: "*a", count: 200))
        #expect(!pattern.matches([UInt8](repeating: UInt8(ascii: "a"), count: 2000) + [0x62]))
    }
}
