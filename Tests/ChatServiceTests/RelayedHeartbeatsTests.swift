import LogLine
import Testing

@testable import ChatService

@Suite("Which heartbeats a pod passes on")
struct RelayedHeartbeatsTests {
    private func heartbeat(_ text: String) -> ByteSlice { ByteSlice(Array(text.utf8)) }

    /// Which of them are passed on, each said at its time in milliseconds.
    private func admitted(_ said: [(text: String, at: Int)]) -> [Bool] {
        var relayed = RelayedHeartbeats()
        return said.map { relayed.admits(heartbeat($0.text), at: .milliseconds($0.at)) }
    }

    @Test("What comes back at once has gone in a circle and goes no further, whatever came between")
    func echoes() {
        #expect(admitted([("one", 0), ("two", 1), ("one", 2), ("two", 3)]) == [true, true, false, false])
    }

    @Test("What the log says again later is passed on again")
    func repetition() {
        #expect(admitted([("one", 0), ("one", 99), ("one", 100)]) == [true, false, true])
    }

    @Test("Many different ones are all passed on")
    func many() {
        var relayed = RelayedHeartbeats()
        let admitted = (0..<1000).filter { relayed.admits(heartbeat("\($0)"), at: .zero) }
        #expect(admitted.count == 1000)
    }
}
