import LogLine
import Replication
import Testing

private let typing = EphemeralSignal(
    pod: 0x1F, .typing(Channel(trusted: Array("tea".utf8)), Author(trusted: Array("Zoë".utf8))))
private let people = EphemeralSignal(
    pod: 0x1F,
    .people(EphemeralSignal.PeopleReport(sequence: 7, online: [Array("a".utf8), Array("b".utf8)], away: [])))

private let departed = EphemeralSignal(
    pod: 0x1F,
    .people(
        EphemeralSignal.PeopleReport(
            sequence: 8, online: [], away: [],
            left: [.init(name: Array("zoe".utf8), lastSeen: Timestamp(milliseconds: 17))])))

private func encode(_ signal: EphemeralSignal, seal: BusSeal? = nil) -> [UInt8] {
    let out = ByteBuffer()
    signal.encode(seal: seal, into: out)
    return out.array
}

private func read(_ bytes: [UInt8], seal: BusSeal? = nil) throws(BusError) -> EphemeralSignal {
    let buffer = ByteBuffer()
    buffer.append(bytes)
    return try EphemeralSignal.decode(buffer.pointer, seal: seal)
}

private func refusal(_ bytes: [UInt8], seal: BusSeal? = nil) -> BusError.Code? {
    do throws(BusError) {
        _ = try read(bytes, seal: seal)
        return nil
    } catch {
        return error.code
    }
}

@Suite("A signal of a pod on Redis")
struct EphemeralSignalTests {
    @Test("is one object")
    func golden() {
        let pod = "\"pod\":\"000000000000001f\""
        #expect(
            String(decoding: encode(typing), as: UTF8.self)
                == "{\(pod),\"type\":\"typing\",\"channel\":\"tea\",\"name\":\"Zoë\"}")
        #expect(
            String(decoding: encode(people), as: UTF8.self)
                == "{\(pod),\"type\":\"people\",\"sequence\":7,\"online\":[\"a\",\"b\"],\"away\":[]}")
        #expect(
            String(decoding: encode(departed), as: UTF8.self)
                == "{\(pod),\"type\":\"people\",\"sequence\":8,\"online\":[],\"away\":[],"
                + "\"left\":{\"zoe\":17}}")
    }

    @Test("is read back", arguments: [typing, people, departed], [nil, makeSeal(1)] as [BusSeal?])
    func roundTrip(_ signal: EphemeralSignal, _ seal: BusSeal?) throws {
        #expect(try read(encode(signal, seal: seal), seal: seal) == signal)
    }

    @Test("of the most people with the longest names is within the bound")
    func largest() throws {
        let names = (0..<EphemeralSignal.peopleMax).map { number in
            Array(("\(number)" + String(repeating: "x", count: 32)).utf8.prefix(32))
        }
        let signal = EphemeralSignal(
            pod: .max,
            .people(
                EphemeralSignal.PeopleReport(
                    sequence: 1, online: [], away: names,
                    left: names.prefix(EphemeralSignal.leftMax).map {
                        EphemeralSignal.Departure(name: $0, lastSeen: .latest)
                    })))
        #expect(try read(encode(signal, seal: makeSeal(1)), seal: makeSeal(1)) == signal)
    }

    @Test("is refused without the mac, and with that of another secret or content")
    func forged() {
        #expect(refusal(encode(typing), seal: makeSeal(1)) == .macMissing)
        #expect(refusal(encode(typing, seal: makeSeal(2)), seal: makeSeal(1)) == .macMismatch)
        var changed = encode(typing, seal: makeSeal(1))
        changed[9] ^= 1
        #expect(refusal(changed, seal: makeSeal(1)) == .macMismatch)
    }

    @Test("is refused when it is too large")
    func tooLarge() {
        #expect(
            refusal([UInt8](repeating: 0x20, count: EphemeralSignal.bytesMax + 1)) == .tooLarge)
    }

    @Test(
        "is refused when it is none",
        arguments: [
            "", "[]", "{}", "{\"pod\":\"1\",\"type\":\"typing\",\"channel\":\"a\",\"name\":\"b\"}",
            "{\"pod\":\"000000000000001f\",\"type\":\"typing\",\"channel\":\"a\"}",
            "{\"pod\":\"000000000000001f\",\"type\":\"typing\",\"channel\":\"\",\"name\":\"b\"}",
            "{\"pod\":\"000000000000001f\",\"type\":\"people\",\"sequence\":1,\"online\":[]}",
            "{\"pod\":\"000000000000001f\",\"type\":\"people\",\"sequence\":1,\"online\":[1],\"away\":[]}",
            "{\"pod\":\"000000000000001f\",\"type\":\"people\",\"sequence\":-1,\"online\":[],\"away\":[]}",
            "{\"pod\":\"000000000000001f\",\"type\":\"people\",\"sequence\":1,\"away\":[],\"online\":"
                + "[\"a-name-of-more-than-thirty-two-bytes\"]}",
            "{\"pod\":\"000000000000001f\",\"type\":\"people\",\"sequence\":1,\"away\":[],\"online\":[],"
                + "\"left\":{\"zoe\":-1}}",
            "{\"pod\":\"000000000000001f\",\"type\":\"other\"}",
        ])
    func malformed(_ text: String) { #expect(refusal(Array(text.utf8)) == .malformed) }

    @Test("is refused when the two lists together hold too many people")
    func tooMany() {
        let half = [[UInt8]](repeating: [0x61], count: EphemeralSignal.peopleMax / 2 + 1)
        let signal = EphemeralSignal(
            pod: 1, .people(EphemeralSignal.PeopleReport(sequence: 1, online: half, away: half)))
        #expect(refusal(encode(signal)) == .malformed)
    }
}
