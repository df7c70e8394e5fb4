import LogLine
import TestSupport
import Testing

@Suite("The queue")
struct QueueTests {
    @Test("gives back in order from either end, however it is used", arguments: 0..<5)
    func model(seed: Int) {
        var random = SplitMix64(seed: UInt64(seed))
        var queue = Queue<Int>()
        var model: [Int] = []
        for step in 0..<20_000 {
            switch random.below(step % 8000 < 4000 ? 4 : 9) {
            case 0, 1, 2:
                queue.append(step)
                model.append(step)
            case 3 where random.oneIn(4): #expect(queue.popLast() == model.popLast())
            default: #expect(queue.popFirst() == (model.isEmpty ? nil : model.removeFirst()))
            }
            if queue.count != model.count { break }
        }
        #expect(queue.count == model.count, "seed \(seed)")
        while let element = queue.popFirst() { #expect(element == model.removeFirst()) }
    }

    @Test("shows its ends, gives everything back at once, and lets go of what was taken out")
    func ends() {
        final class Token {}
        var queue = Queue<Token>()
        #expect(queue.first == nil && queue.last == nil && queue.popFirst() == nil && queue.popLast() == nil)
        let (first, last) = (Token(), Token())
        weak var taken: Token?
        do {
            let token = Token()
            taken = token
            queue.append(token)
        }
        queue.append(first)
        queue.append(last)
        queue.popFirst()
        #expect(taken == nil)
        #expect(queue.first === first && queue.last === last)
        #expect(queue.removeAll().map(ObjectIdentifier.init) == [first, last].map(ObjectIdentifier.init))
        #expect(queue.isEmpty)
    }
}
