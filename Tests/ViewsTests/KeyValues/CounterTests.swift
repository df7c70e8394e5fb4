import LogLine
import Testing

@testable import Views

@Suite("Counters")
struct CounterTests {
    @Test("A counter that nobody added to is 0; additions sum up, below 0 too")
    func sums() throws {
        let log = KeyValueLog()
        #expect(try log.keys.counter(log.name("c")) == CounterSum(sum: 0, offset: .zero))
        try log.add(5, to: "c")
        try log.add(-7, to: "c")
        try log.add(100, to: "other")
        #expect(try log.keys.counter(log.name("c")) == CounterSum(sum: -2, offset: Offset(2)))
        #expect(log.keys.counterCount == 2 && log.keys.count == 0)
    }

    @Test("The sum right after an addition is remembered, whatever came later")
    func sumsAfter() throws {
        let log = KeyValueLog()
        for amount in 1...5 { try log.add(Int64(amount), to: amount == 4 ? "other" : "c") }
        #expect([1, 2, 3, 4, 5].map { log.keys.sum(after: Offset($0)) } == [1, 3, 6, 4, 11])
        #expect(log.keys.sum(after: Offset(6)) == nil && log.keys.sum(after: .zero) == nil)
    }

    @Test("Of what lines did only the newest are remembered")
    func recent() {
        var sums = RecentOutcomes<Int64>(countMax: 3)
        for offset in stride(from: 10, through: 60, by: 10) {
            sums.add(Offset(UInt64(offset)), Int64(offset))
        }
        #expect([30, 40, 50, 60].map { sums.outcome(of: Offset($0)) } == [nil, 40, 50, 60])
        #expect(sums.outcome(of: Offset(45)) == nil)
    }

    @Test("A sum stays at 2^53 − 1 above and below, and goes on from there")
    func saturation() throws {
        let log = KeyValueLog()
        let most = KeyValueLimits.sumMax
        try log.add(most, to: "c")
        try log.add(most, to: "c")
        #expect(try log.keys.counter(log.name("c")).sum == most)
        try log.add(-1, to: "c")
        #expect(try log.keys.counter(log.name("c")).sum == most - 1)
        for _ in 0..<3 { try log.add(-most, to: "c") }
        #expect(try log.keys.counter(log.name("c")).sum == -most)
    }

    @Test(
        "A line that makes no sense is counted and adds nothing",
        arguments: [
            "1", "{}", #"{"name":"c"}"#, #"{"add":1}"#, #"{"name":"c","add":1.5}"#,
            #"{"name":"c","add":"1"}"#,
            #"{"name":"c","add":9007199254740992}"#, #"{"name":"","add":1}"#, #"{"name":"a/b","add":1}"#,
        ])
    func malformed(json: String) throws {
        let log = KeyValueLog()
        try log.write(json, kind: "counter")
        #expect(log.keys.counterCount == 0 && log.keys.skippedLines == 1)
    }

    @Test("Counters in other channels are somebody else's")
    func otherChannels() throws {
        let log = KeyValueLog()
        try log.write(#"{"name":"c","add":1}"#, kind: "counter", in: "tea")
        #expect(log.keys.counterCount == 0 && log.keys.skippedLines == 0)
    }
}
