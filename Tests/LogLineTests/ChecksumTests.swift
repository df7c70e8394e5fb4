import TestSupport
import Testing

@testable import LogLine

@Suite("CRC-32C")
struct ChecksumTests {
    /// RFC 3720, appendix B.4, and the check value of the catalogues.
    static let vectors: [(bytes: [UInt8], crc: UInt32)] = [
        ([], 0),
        (Array("123456789".utf8), 0xe306_9283),
        (Array(repeating: 0, count: 32), 0x8a91_36aa),
        (Array(repeating: 0xff, count: 32), 0x62a8_ab43),
        (Array(0..<32), 0x46dd_794e),
        ((0..<32).reversed(), 0x113f_db5c),
        (
            [
                0x01, 0xc0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x14, 0, 0, 0, 0, 0, 0x04, 0,
                0, 0, 0, 0x14, 0, 0, 0, 0x18, 0x28, 0, 0, 0, 0, 0, 0, 0, 0x02, 0, 0, 0, 0, 0, 0, 0,
            ], 0xd996_3a56
        ),
    ]

    @Test("The vectors of RFC 3720 come out, by instruction and by table", arguments: vectors.indices)
    func vector(index: Int) {
        let (bytes, crc) = Self.vectors[index]
        #expect(bytes.withUnsafeBytes { CRC32C.checksum($0) } == crc)
        #expect(bytes.withUnsafeBytes { CRC32C.checksumByTable($0) } == crc)
    }

    @Test("Instruction and table agree at every length up to 200 and every alignment")
    func agreement() {
        let seed: UInt64 = 0x5eed_0001
        var random = SplitMix64(seed: seed)
        let bytes = random.bytes(256)
        bytes.withUnsafeBytes { all in
            for length in 0...200 {
                for start in 0..<8 {
                    let part = UnsafeRawBufferPointer(rebasing: all[start..<start + length])
                    let continuing = UInt32(truncatingIfNeeded: random.next())
                    #expect(
                        CRC32C.checksum(part, continuing: continuing)
                            == CRC32C.checksumByTable(part, continuing: continuing),
                        "seed \(seed), \(length) bytes from \(start)")
                }
            }
        }
    }

    @Test("A checksum continued over two parts is that of the whole, wherever it is parted")
    func continuing() {
        let bytes = Array("The quick brown fox jumps over the lazy dog".utf8)
        bytes.withUnsafeBytes { all in
            let whole = CRC32C.checksum(all)
            for split in 0...all.count {
                let first = CRC32C.checksum(UnsafeRawBufferPointer(rebasing: all[..<split]))
                let rest = UnsafeRawBufferPointer(rebasing: all[split...])
                #expect(CRC32C.checksum(rest, continuing: first) == whole)
            }
        }
    }
}
