import LogLine
import TestSupport
import Testing

@testable import Views

@Suite("Ascending lists")
struct AscendingListTests {
    @Test(
        "Numbers, searches and indices agree with a plain array while the list grows and is trimmed",
        arguments: UInt64(1)...40)
    func model(seed: UInt64) {
        // Given
        var random = SplitMix64(seed: seed)
        let startIndex = random.below(1_000)
        var list = AscendingList(startIndex: startIndex)
        var model: [UInt64] = []
        var dropped = 0
        let gapMax = [2, 100, 1 << 34][random.below(3)]
        let rounds = random.oneIn(8) ? 20_000 : 600
        // When
        for _ in 0..<rounds {
            let gap = random.oneIn(50) ? random.below(gapMax) : random.below(2)
            model.append((model.last ?? 0) + 1 + UInt64(gap))
            list.append(model[model.count - 1])
            if random.oneIn(rounds / 4) {
                let bound = model[dropped + random.below(model.count - dropped)] + UInt64(random.below(2))
                list.drop(below: bound)
                dropped = model.firstIndex { $0 >= bound } ?? model.count
            }
        }
        // Then
        #expect(list.firstIndex == startIndex + dropped, "seed \(seed)")
        #expect(list.endIndex == startIndex + model.count, "seed \(seed)")
        let numbers = (list.firstIndex..<list.endIndex).map { list[$0] }
        #expect(numbers == Array(model[dropped...]), "seed \(seed)")
        for at in stride(from: 0, to: model.count, by: max(1, model.count / 300)) {
            for probe in [model[at] - 1, model[at], model[at] + 1] {
                let expected = model[dropped...].firstIndex { $0 >= probe } ?? model.count
                #expect(list.index(notBelow: probe) == startIndex + expected, "seed \(seed)")
            }
        }
    }

    @Test("A long list takes little more than 4 bytes for each number")
    func longListBytes() {
        var list = AscendingList()
        for number in 0..<200_000 { list.append(UInt64(number) * 230) }
        #expect(Double(list.bytes) / 200_000 < 4.3)
    }

    @Test("A list of one number takes less than 200 bytes")
    func shortListBytes() {
        var list = AscendingList()
        list.append(7)
        #expect(list.bytes < 200)
    }

    @Test("Dropping gives the memory of whole chunks back")
    func dropBytes() {
        // Given
        var list = AscendingList()
        for number in 0..<100_000 { list.append(UInt64(number)) }
        let before = list.bytes
        // When
        list.drop(below: 90_000)
        // Then
        #expect(list.count == 10_000)
        #expect(list.bytes < before / 4)
    }

    @Test("After everything was dropped the list goes on with the next index")
    func dropAll() {
        // Given
        var list = AscendingList(startIndex: 5)
        list.append(10)
        list.append(20)
        // When
        list.drop(below: 21)
        // Then
        #expect(list.isEmpty)
        #expect(list.index(notBelow: 0) == 7)
        list.append(30)
        #expect(list[7] == 30)
        #expect(list.firstIndex..<list.endIndex == 7..<8)
    }

    @Test("Numbers further apart than 32 bits can tell are kept exactly")
    func hugeGaps() {
        var list = AscendingList()
        let numbers: [UInt64] = [0, UInt64(UInt32.max), UInt64(UInt32.max) + 1, 1 << 40, 1 << 63, .max - 1]
        for number in numbers { list.append(number) }
        #expect((0..<list.count).map { list[$0] } == numbers)
        #expect(numbers.map { list.index(notBelow: $0) } == Array(numbers.indices))
    }

    @Test("Numbers that do not ascend are a programmer's error")
    func order() async {
        await #expect(processExitsWith: .failure) {
            var list = AscendingList()
            list.append(1)
            list.append(1)
        }
    }
}
