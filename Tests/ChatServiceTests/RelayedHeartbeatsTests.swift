import LogLine
import Testing

@testable import ChatService

@Suite("Which heartbeats a pod passes on")
struct RelayedHeartbeatsTests {
    private func heartbeat(_ text: String) -> ByteSlice { ByteSlice(Array(text.utf8)) }

    @Test("What comes back at once has gone in a circle and goes no further, whatever came between")
    func echoes() {
        var relayed = RelayedHeartbeats()
        #expect(relayed.admits(heartbeat("one"), at: .milliseconds(0)))
        #expect(relayed.admits(heartbeat("two"), at: .milliseconds(1)))
        #expect(!relayed.admits(heartbeat("one"), at: .milliseconds(2)))
        #expect(!relayed.admits(heartbeat("two"), at: .milliseconds(3)))
    }

    @Test("What the log says again later is passed on again")
    func repetition() {
        var relayed = RelayedHeartbeats()
        #expect(relayed.admits(heartbeat("one"), at: .zero))
        #expect(!relayed.admits(heartbeat("one"), at: PodLimits.echoTime - .milliseconds(1)))
        #expect(relayed.admits(heartbeat("one"), at: PodLimits.echoTime))
    }

    @Test("Many different ones are all passed on")
    func many() {
        var relayed = RelayedHeartbeats()
        let admitted = (0..<1000).filter { relayed.admits(heartbeat("\($0)"), at: .zero) }
        #expect(admitted.count == 1000)
    }
}
