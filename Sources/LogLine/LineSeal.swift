/// What the end of a line says of the bytes before it, checked.
///
/// | ends with | checked |
/// |---|---|
/// | `,"crc":"xxxxxxxx"}` | `x`, over all bytes before it |
/// | `,"redacted":"yyyyyyyy","crc":"xxxxxxxx"}` | `y`, over all bytes before it, then the digits `x` |
///
/// The crc of a redacted line is that of the line as it was written, so that the digest's chain stays what it
/// was. The second form cannot be the end of a string or of `data`: there the quotes would be escaped, or a
/// bracket would follow.
struct LineSeal {
    /// Of the line as it was written.
    let crc: UInt32
    /// Where the fields end.
    let end: Int
    let isRedacted: Bool

    /// `bytes`: a line without its newline.
    @inline(__always)
    init(checking bytes: UnsafeRawBufferPointer) throws(LineError) {
        guard bytes.count < LineLimits.lineBytesMax else {
            throw LineError(
                .tooLong, byte: LineLimits.lineBytesMax,
                "it has \(bytes.count + 1) bytes; the limit is \(LineLimits.lineBytesMax)")
        }
        let crcStart = bytes.count - LineLayout.crcFieldBytes
        let nameBytes = LineLayout.crc.utf8CodeUnitCount
        guard crcStart > 0, let base = bytes.baseAddress,
            Memory.equal(base + crcStart, LineLayout.crc.utf8Start, count: nameBytes),
            bytes[bytes.count - 2] == JSONBytes.quote, bytes[bytes.count - 1] == UInt8(ascii: "}")
        else { throw LineSeal.truncated(bytes) }
        let computed = CRC32C.checksum(UnsafeRawBufferPointer(start: base, count: crcStart))
        // Of nearly every line the digits are those that they should be: they need not be read.
        guard !Hexadecimal.is8(computed, at: base + crcStart + nameBytes) else {
            crc = computed
            end = crcStart
            isRedacted = false
            return
        }
        guard let stated = Hexadecimal.read8(base + crcStart + nameBytes) else {
            throw LineSeal.truncated(bytes)
        }
        guard let checksum = LineSeal.redaction(base, crcStart) else {
            throw LineError(.crcMismatch, byte: crcStart, "its crc is not that of its bytes")
        }
        crc = stated
        end = crcStart - LineLayout.redactedFieldBytes
        isRedacted = true
        guard checksum == LineSeal.checksum(ofRedacted: base, end, crc: base + crcStart + nameBytes) else {
            throw LineError(.crcMismatch, byte: end, "its checksum is not that of what is left of it")
        }
    }

    private static func truncated(_ bytes: UnsafeRawBufferPointer) -> LineError {
        LineError(.truncated, byte: bytes.count, "it does not end with a crc")
    }

    /// Of the first `end` bytes at `base` and the 8 digits at `crc`.
    static func checksum(
        ofRedacted base: UnsafeRawPointer, _ end: Int, crc: UnsafeRawPointer
    ) -> UInt32 {
        let content = CRC32C.checksum(UnsafeRawBufferPointer(start: base, count: end))
        return CRC32C.checksum(
            UnsafeRawBufferPointer(start: crc, count: LineLayout.checksumBytes), continuing: content)
    }

    /// The value of the field `redacted` that ends before `end`; nil: there is none. Costs a look at one byte
    /// for most lines.
    @inline(__always)
    private static func redaction(_ base: UnsafeRawPointer, _ end: Int) -> UInt32? {
        let start = end - LineLayout.redactedFieldBytes
        let nameBytes = LineLayout.redacted.utf8CodeUnitCount
        guard start > 0, base.load(fromByteOffset: start, as: UInt8.self) == UInt8(ascii: ","),
            Memory.equal(base + start, LineLayout.redacted.utf8Start, count: nameBytes),
            base.load(fromByteOffset: end - 1, as: UInt8.self) == JSONBytes.quote
        else { return nil }
        return Hexadecimal.read8(base + start + nameBytes)
    }
}
