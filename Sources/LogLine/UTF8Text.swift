/// UTF-8 as Unicode defines it (The Unicode Standard, table 3-7): no overlong forms, no surrogates, nothing
/// above U+10FFFF.
enum UTF8Text {
    /// The index of the first byte of the first ill-formed sequence, nil when there is none.
    static func firstInvalid(_ bytes: UnsafeRawBufferPointer) -> Int? {
        bytes.baseAddress.flatMap { firstInvalid($0, in: 0..<bytes.count) }
    }

    /// The index of the first byte of the first ill-formed sequence in `range`, nil when there is none.
    static func firstInvalid(_ base: UnsafeRawPointer, in range: Range<Int>) -> Int? {
        var at = range.lowerBound
        while at < range.upperBound {
            let lead = base.load(fromByteOffset: at, as: UInt8.self)
            if lead < 0x80 {
                at += 1
                continue
            }
            let count = sequenceBytes(lead)
            guard count > 0, at + count <= range.upperBound,
                followsRightly(base + at, lead: lead, count: count)
            else { return at }
            at += count
        }
        return nil
    }

    /// 0 for a byte that begins no sequence.
    @inline(__always)
    private static func sequenceBytes(_ lead: UInt8) -> Int {
        if lead < 0xC2 || lead > 0xF4 { return 0 }
        return lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
    }

    /// Whether `count - 1` continuation bytes come next, the second byte within what `lead` allows.
    @inline(__always)
    private static func followsRightly(_ at: UnsafeRawPointer, lead: UInt8, count: Int) -> Bool {
        let second = at.load(fromByteOffset: 1, as: UInt8.self)
        let lowest: UInt8 = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80
        let highest: UInt8 = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF
        guard second >= lowest, second <= highest else { return false }
        for index in 2..<max(count, 2) where at.load(fromByteOffset: index, as: UInt8.self) & 0xC0 != 0x80 {
            return false
        }
        return true
    }
}
