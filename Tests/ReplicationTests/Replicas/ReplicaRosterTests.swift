import LogLine
import Testing

@testable import Replication

@Suite("The pods that a log keeps for its next start")
struct ReplicaRosterTests {
    @Test("Every known pod's report is read as it was written, sorted by id")
    func roundTrip() throws {
        var registry = ReplicaRegistry(epoch: ownEpoch, window: .seconds(60))
        var second = try report("b", 3, at: 20)
        second.address = "http://127.0.0.1:8001"
        second.lost = try replicaID("a")
        for report in [second, try report("a", 2, at: 10)] {
            #expect(registry.take(report, head: Offset(100), at: .zero) == .taken)
        }
        let read = ReplicaRoster.decode(ReplicaRoster.encode(registry))
        #expect(read.reports == [try report("a", 2, at: 10), second])
        #expect(read.unreadable == 0)
    }

    @Test("A line that is no report costs only itself, and so does a torn last one")
    func unreadable() throws {
        let out = ByteBuffer()
        out.append("{}\nnothing\n")
        try report("a", 2, at: 10).encode(into: out)
        out.append("\n{\"replica_id\":\"b\"")
        let read = ReplicaRoster.decode(out.array)
        #expect(read.reports == [try report("a", 2, at: 10)])
        #expect(read.unreadable == 2)
    }

    @Test("No pods are no bytes")
    func empty() {
        #expect(ReplicaRoster.encode(ReplicaRegistry(epoch: ownEpoch, window: .seconds(60))) == [])
        #expect(ReplicaRoster.decode([]).reports == [])
    }
}
