import Testing

@testable import LogLine

@Suite("The channel of a line of one's own")
struct LineChannelTests {
    @Test("A line's channel is told from its prefix, whatever the offset", arguments: [1, 9, 10, 1 << 53])
    func channelByPrefix(offset: UInt64) throws {
        for (name, isIt) in [("$accounts", true), ("$account", false), ("$accountsx", false), ("a", false)] {
            let draft = Draft(
                channel: Channel(trusted: Array(name.utf8)), body: .text(Array("$accounts".utf8)))
            let line = encoded(draft, offset: Offset(offset), time: Timestamp(milliseconds: 0))
            #expect(line.withUnsafeBytes { Line.isIn("$accounts", $0) } == isIt, "\(name)")
        }
        for bytes in [[], Array("{".utf8), Array("{\"offset\":1,".utf8)] as [[UInt8]] {
            #expect(!bytes.withUnsafeBytes { Line.isIn("$accounts", $0) })
        }
    }
}
