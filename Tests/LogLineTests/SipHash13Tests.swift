import LogLine
import Testing

@Suite("SipHash-1-3")
struct SipHash13Tests {
    /// The bytes 00 01 … 0f.
    private static let key: (UInt64, UInt64) = (0x0706_0504_0302_0100, 0x0F0E_0D0C_0B0A_0908)

    /// From OpenSSL's SIPHASH with c-rounds 1, d-rounds 3, size 16, and the key 00 01 … 0f.
    @Test(
        "of 128 bits are those of an independent SipHash-1-3",
        arguments: [
            ("", "e77ebcb22788a5befd62db6add303001"), ("a", "083c37de637c4fa8492fd75d37ae8a67"),
            ("abcdefgh", "73a0265a47fcbd46c8ab9f0f5a33952d"),
        ])
    func wide(text: String, expected: String) {
        var hasher = SipHash13(key: Self.key, isWide: true)
        hasher.combine(Array(text.utf8))
        let fingerprint = hasher.finish128()
        let words = [fingerprint.low, fingerprint.high]
        let bytes = words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(8 * $0)) }
        }
        let digits = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        #expect(digits == expected)
    }

    /// From CPython's hash of bytes with PYTHONHASHSEED=0.
    @Test(
        "of 64 bits are those of an independent SipHash-1-3",
        arguments: [
            (Array("a".utf8), 0x4074_48D2_B89B_1813), (Array("abc".utf8), 0xC03B_C3A0_0426_30F2),
            (Array("12345678".utf8), 0x3489_9824_3056_0A87),
            (Array("default-channel".utf8), 0xD048_C5C8_32EA_A54A),
            (Array(repeating: 0x78, count: 128), 0x5DD3_2FCD_7853_C7AA),
            (Array(0..<8), 0xEAD4_11E6_7EBE_2EEA), (Array(0..<63), 0x385D_3E39_E5F3_7359),
        ] as [([UInt8], UInt64)])
    func narrow(bytes: [UInt8], expected: UInt64) {
        var hasher = SipHash13(key: (0, 0), isWide: false)
        hasher.combine(bytes)
        #expect(hasher.finish64() == expected)
    }

    @Test("do not depend on where the bytes were cut")
    func pieces() {
        let bytes = Array(UInt8(0)..<40)
        var whole = SipHash13(key: Self.key, isWide: true)
        whole.combine(bytes)
        let expected = whole.finish128()
        for first in 0...40 {
            for second in first...40 {
                var hasher = SipHash13(key: Self.key, isWide: true)
                hasher.combine(Array(bytes[..<first]))
                if first < second { hasher.combine(bytes[first]) }
                if first < second { hasher.combine(Array(bytes[(first + 1)..<second])) }
                hasher.combine(Array(bytes[second...]))
                #expect(hasher.finish128() == expected)
            }
        }
    }
}
