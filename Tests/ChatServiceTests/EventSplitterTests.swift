import Testing

@testable import ChatService

@Suite("The events that a pod passes on")
struct EventSplitterTests {
    private let stream = Array(
        ": hello\n\nevent: window\ndata: {\"a\":1}\n\ndata: {}\n\n: \n\nevent: sample\ndata: x".utf8)

    private func split(_ pieces: [ArraySlice<UInt8>], bytesMax: Int = 100) throws -> [String] {
        var splitter = EventSplitter(bytesMax: bytesMax)
        var found: [String] = []
        for piece in pieces {
            try Array(piece).withUnsafeBytes { bytes in
                try splitter.receive(bytes) { event in
                    found.append(
                        String(decoding: event.name, as: UTF8.self) + "="
                            + String(decoding: event.data, as: UTF8.self))
                }
            }
        }
        return found
    }

    @Test("Events are the same wherever the stream is cut")
    func cuts() throws {
        for cut in 0...stream.count {
            #expect(try split([stream[..<cut], stream[cut...]]) == ["window={\"a\":1}", "={}"])
        }
        #expect(try split(stream.map { [$0][...] }) == ["window={\"a\":1}", "={}"])
    }

    @Test("An event without an end is refused when it is too long")
    func tooLong() {
        #expect(throws: EventSplitter.TooLong.self) { try split([stream[...]], bytesMax: 20) }
        #expect(throws: Never.self) { try split([stream[...]], bytesMax: 21) }
    }
}
