import LogLine
import TestSupport
import Testing

@testable import SegmentStore

@Suite struct CommitQueueTests {
    private func batch(_ bytes: Int) -> ByteSlice { ByteSlice([UInt8](repeating: 0x61, count: bytes)) }

    /// The offsets of the last lines of all groups that can be taken.
    private func takeAll(_ queue: inout CommitQueue) -> [UInt64] {
        var offsets: [UInt64] = []
        while case .write(let group, _) = queue.take() { offsets.append(group.through.value) }
        return offsets
    }

    @Test("All that waits is taken at once, up to the bound of a group")
    func bound() {
        var queue = CommitQueue()
        for number in 1...9 {
            _ = queue.add(batch(StoreLimits.groupBytesMax / 4), through: Offset(UInt64(number)), term: 1)
        }
        #expect(queue.bytes == 9 * StoreLimits.groupBytesMax / 4)
        let offsets = takeAll(&queue)
        #expect(offsets == [4, 8, 9] && queue.bytes == 0)
    }

    @Test("A batch beyond the bound goes alone")
    func largeBatch() {
        var queue = CommitQueue()
        _ = queue.add(batch(StoreLimits.groupBytesMax + 1), through: Offset(1), term: 1)
        _ = queue.add(batch(1), through: Offset(2), term: 1)
        let offsets = takeAll(&queue)
        #expect(offsets == [1, 2])
    }

    @Test("Batches of different terms are never written together")
    func terms() {
        var queue = CommitQueue()
        _ = queue.add(batch(1), through: Offset(1), term: 1)
        _ = queue.add(batch(1), through: Offset(2), term: 2)
        let offsets = takeAll(&queue)
        #expect(offsets == [1, 2])
    }

    @Test("Refusing a term drops what waits of it and what comes of it, and nothing else")
    func refusal() {
        var queue = CommitQueue()
        _ = queue.add(batch(10), through: Offset(1), term: 1)
        _ = queue.add(batch(10), through: Offset(2), term: 1)
        queue.refuse(1)
        #expect(queue.bytes == 0)
        let late = queue.add(batch(10), through: Offset(3), term: 1)
        let next = queue.add(batch(10), through: Offset(1), term: 2)
        #expect(!late && next)
        let offsets = takeAll(&queue)
        #expect(offsets == [1])
    }

    @Test("What waits when the queue closes is still taken, then it is to be closed")
    func closing() {
        var queue = CommitQueue()
        _ = queue.add(batch(1), through: Offset(1), term: 1)
        queue.close()
        let isTaken = queue.add(batch(1), through: Offset(2), term: 1)
        #expect(!isTaken)
        let group = queue.take()
        #expect(group != nil)
        guard case .close = queue.take() else {
            Issue.record("not closed")
            return
        }
    }

    @Test("A dead queue takes nothing and keeps nothing")
    func death() {
        var queue = CommitQueue()
        _ = queue.add(batch(1), through: Offset(1), term: 1)
        queue.die()
        let isTaken = queue.add(batch(1), through: Offset(2), term: 2)
        #expect(queue.bytes == 0 && !isTaken)
    }
}
