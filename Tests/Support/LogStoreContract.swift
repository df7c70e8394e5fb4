import LogLine
import Replication
import Testing

/// What every `LogStore` must do, whatever stands behind it.
///
/// Each check takes a fresh, empty store, started with an observer that adds to `events`, and closes it.
public struct LogStoreContract {
    public let store: any LogStore
    public let events: Inbox<LogStoreEvent>
    /// Makes the next write fail; the error it is reported with has this code.
    public let failNextWrite: (LogError.Code) -> Void

    public init(
        store: any LogStore, events: Inbox<LogStoreEvent>, failNextWrite: @escaping (LogError.Code) -> Void
    ) {
        self.store = store
        self.events = events
        self.failNextWrite = failNextWrite
    }

    /// Batches become durable in the order they were appended in, all of them.
    public func checkOrder() {
        var maker = LineMaker()
        for count in 1...50 { append(&maker, count) }
        #expect(waitUntilDurable(maker.offset))
        let reported = durableOffsets
        #expect(reported == reported.sorted())
        store.close()
    }

    /// Positions read as the bytes that were appended, in the order they were asked for, also across batches.
    public func checkReads() {
        var maker = LineMaker()
        var all: [UInt8] = []
        for count in 1...40 { all += append(&maker, count) }
        #expect(waitUntilDurable(maker.offset))
        var random = SplitMix64(seed: 1)
        for _ in 0..<20 {
            let ranges = (0..<10).map { _ in randomRange(all.count, &random) }
            #expect(read(ranges) == ranges.map { Array(all[Int($0.lowerBound)..<Int($0.upperBound)]) })
        }
        store.close()
    }

    /// A file region, if there is one, is inside of what was asked for, begins where it begins, and can be
    /// warmed.
    public func checkRegions() {
        var maker = LineMaker()
        let all = (1...40).flatMap { append(&maker, $0) }
        #expect(waitUntilDurable(maker.offset))
        if let region = store.region(of: 100..<UInt64(all.count)) {
            #expect(region.count > 0 && region.count <= all.count - 100)
            let warmed = Inbox<Bool>()
            store.warm(region) { warmed.add(true) }
            #expect(warmed.wait { !$0.isEmpty })
            #expect(store.isResident(region))
        }
        store.close()
    }

    /// A failed write refuses its whole term, also what comes of it later; the next term goes on at the same
    /// place.
    public func checkRefusal() {
        var maker = LineMaker()
        let kept = append(&maker, 3)
        #expect(waitUntilDurable(maker.offset))
        let rewound = maker
        failNextWrite(.diskFull)
        append(&maker, 2)
        #expect(events.wait { Self.refusals($0).count == 1 })
        append(&maker, 2)
        maker = rewound
        let next = append(&maker, 4, term: 2)
        #expect(waitUntilDurable(maker.offset))
        #expect(Self.refusals(events.all) == [Refusal(term: 1, durable: Offset(3), code: .diskFull)])
        #expect(read([0..<UInt64(kept.count + next.count)]) == [kept + next])
        store.close()
    }

    /// What was queued when the store was closed is durable when `close` returns.
    public func checkClose() {
        var maker = LineMaker()
        for _ in 0..<100 { append(&maker, 1) }
        store.close()
        #expect(durableOffsets.last == maker.offset)
    }
}

extension LogStoreContract {
    private struct Refusal: Equatable {
        let term: UInt64
        let durable: Offset
        let code: LogError.Code
    }

    @discardableResult
    private func append(_ maker: inout LineMaker, _ count: Int, term: UInt64 = 1) -> [UInt8] {
        let lines = maker.batch(count)
        store.append(lines, through: maker.offset, term: term)
        return lines.array
    }

    private var durableOffsets: [Offset] { Self.durableOffsets(events.all) }

    private func waitUntilDurable(_ offset: Offset) -> Bool {
        events.wait { Self.durableOffsets($0).last == offset }
    }

    private func read(_ positions: [Range<UInt64>]) -> [[UInt8]]? {
        let results = Inbox<[[UInt8]]?>()
        store.read(positions) { result in results.add(try? result.get().map(\.array)) }
        guard results.wait(until: { !$0.isEmpty }) else { return nil }
        return results.all[0]
    }

    private func randomRange(_ count: Int, _ random: inout SplitMix64) -> Range<UInt64> {
        let start = UInt64.random(in: 0..<UInt64(count), using: &random)
        return start..<UInt64.random(in: start + 1...UInt64(count), using: &random)
    }

    private static func durableOffsets(_ events: [LogStoreEvent]) -> [Offset] {
        events.compactMap { if case .durable(let through) = $0 { through } else { nil } }
    }

    private static func refusals(_ events: [LogStoreEvent]) -> [Refusal] {
        events.compactMap { event in
            guard case .refused(let term, let durable, let error) = event else { return nil }
            return Refusal(term: term, durable: durable, code: error.code)
        }
    }
}
