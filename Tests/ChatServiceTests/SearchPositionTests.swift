import LogLine
import Testing

@testable import ChatService

@Suite("Where a search goes on")
struct SearchPositionTests {
    @Test("is no hidden match's offset, not behind what was shown, and before where the page began")
    func position() {
        let looked = UInt64(SearchLimits.hitsPerRound * SearchLimits.roundsMax)
        for cursor: UInt64 in [1, 2, 4095, 4096, 4097, 8191, 8192, 1 << 40] {
            let position = Search.position(cursor: Offset(cursor), last: nil)
            #expect(position.value % SearchLimits.positionGrid == 0)
            #expect(position.value >= cursor && position.value < cursor + looked)
        }
        #expect(Search.position(cursor: Offset(5000), last: Offset(6000)) == Offset(6000))
        #expect(Search.position(cursor: Offset(5000), last: Offset(9000)) == Offset(8192))
        #expect(Search.position(cursor: Offset(5000), last: Offset(5000)) == Offset(5000))
    }
}
