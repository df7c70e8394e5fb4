import Testing

@testable import Operations

@Suite("A simulated delay")
struct SimulatedDelayTests {
    @Test("is one time or a range of two, and what is drawn is within")
    func valid() throws {
        #expect(try #require(SimulatedDelay("1ms")).range == .milliseconds(1)...(.milliseconds(1)))
        let delay = try #require(SimulatedDelay("0.1ms-1ms"))
        #expect(delay.range == .microseconds(100)...(.microseconds(1000)))
        #expect(delay.description == "0.1ms-1ms")
        for _ in 0..<100 { #expect(delay.range.contains(delay.draw())) }
    }

    @Test(
        "that is none is refused", arguments: ["", "-", "1ms-", "-1ms", "2ms-1ms", "1ms-2ms-3ms", "11s", "x"])
    func invalid(text: String) {
        #expect(SimulatedDelay(text) == nil)
    }
}
