import Testing

@testable import LogLine

@Suite("Positions")
struct PositionTests {
    @Test("A position is read back from its text")
    func roundTrip() throws {
        let position = Position(epoch: Epoch(0x0123_4567_89ab_cdef), offset: Offset(42))
        #expect(position.description == "0123456789abcdef:42")
        #expect(Position(position.description) == position)
    }

    @Test(
        "Anything but EPOCH:OFFSET is refused",
        arguments: [
            "", "42", "0123456789abcdef", "0123456789abcdef:", ":42", "0123456789ABCDEF:42",
            "0123456789abcde:42", "0123456789abcdef:042", "0123456789abcdef:-1", "0123456789abcdef:+1",
            "0123456789abcdef:4:2", "0123456789abcdef:9007199254740993",
            "0123456789abcdef:18446744073709551616",
        ])
    func refusal(text: String) {
        #expect(Position(text) == nil)
    }

    @Test("The digest chain has its documented values")
    func digestGolden() {
        let one = Digest.zero.adding(crc: 0xddb7_7cbf)
        #expect(one != Digest.zero)
        #expect(one.adding(crc: 1) != one.adding(crc: 2))
    }
}
