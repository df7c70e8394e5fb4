import LogLine
import TestSupport
import Testing

@testable import ClusterTools

@Suite("The first difference between two histories")
struct FirstDifferenceTests {
    @Test("is found wherever it is, with no more questions than halving needs")
    func everywhere() {
        for count in 1...70 {
            for first in 0..<count {
                var search = FirstDifference(last: count - 1)
                var questions = 0
                while let question = search.question {
                    questions += 1
                    search.answer(isEqual: question < first)
                }
                #expect(search.place == first)
                #expect(1 << questions <= 2 * count, "\(questions) questions for \(count) places")
            }
        }
    }
}

@Suite("A history that is read line by line")
struct LogChainTests {
    private func lines(_ count: Int, changing changed: Int? = nil) -> [[UInt8]] {
        var maker = LineMaker()
        return (1...count).map { number in
            Array(maker.next(number == changed ? "another text" : "a text").dropLast())
        }
    }

    private func take(_ lines: [[UInt8]], through: UInt64) throws -> LogChain {
        var chain = LogChain(through: Offset(through))
        for line in lines {
            _ = try line.withUnsafeBytes { try chain.take($0) }
        }
        return chain
    }

    @Test("has a place at every 256th line and at its end, with the digest there")
    func places() throws {
        let chain = try take(lines(700), through: 600)
        #expect(chain.places.map(\.offset) == [Offset(256), Offset(512), Offset(600)])
        #expect(chain.offset == Offset(700) && chain.digest != chain.places[2].digest)
        #expect(try take(lines(600), through: 600).digest == chain.places[2].digest)
        #expect(try take(lines(512), through: 512).places == Array(chain.places.prefix(2)))
        #expect(try take([], through: 0).places == [LogChain.Place(offset: .zero, digest: .zero)])
    }

    @Test("differs from another one from the place behind the first changed line on")
    func difference() throws {
        let chain = try take(lines(600), through: 600)
        #expect(chain.firstDifference(from: chain) == nil)
        for (changed, place, stretch) in [
            (1, 0, (0, 256)), (256, 0, (0, 256)), (257, 1, (256, 512)), (600, 2, (512, 600)),
        ] {
            let other = try take(lines(600, changing: changed), through: 600)
            #expect(other.firstDifference(from: chain) == place)
            let found = chain.stretch(before: place)
            #expect(found.after == Offset(UInt64(stretch.0)) && found.through == Offset(UInt64(stretch.1)))
        }
    }

    @Test("breaks off at a damaged line and at one that is not the next, and says where")
    func breaks() throws {
        var damaged = lines(5)
        damaged[2][40] ^= 1
        #expect { try take(damaged, through: 5) } throws: { ($0 as? LogChain.Break)?.offset == Offset(3) }
        var missing = lines(5)
        missing.remove(at: 3)
        #expect { try take(missing, through: 5) } throws: { error in
            (error as? LogChain.Break) == LogChain.Break(offset: Offset(4), detail: "the offset there is 5")
        }
    }
}
