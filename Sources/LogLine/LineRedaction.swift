extension Line {
    /// What is left of a line (with its newline) when what it says is erased for good: without its
    /// `message_text`, or with `data` in place of its own; with `redacted` before the crc, which stays.
    ///
    /// Nil when there is nothing to erase, or it has been erased. Precondition: `scan` is of `bytes` (without
    /// the newline), `data` is canonical JSON.
    public static func redacted(
        _ bytes: UnsafeRawBufferPointer, _ scan: LineScan, data: [UInt8]? = nil
    ) throws(LineError) -> [UInt8]? {
        guard !scan.isRedacted else { return nil }
        let fields = try fields(of: bytes, scan)
        let out = ByteBuffer(capacity: bytes.count + LineLayout.redactedFieldBytes + 1)
        if let text = fields.text {
            // The range is the text's between its quotes.
            out.append(part(of: bytes, 0..<text.lowerBound - LineLayout.text.utf8CodeUnitCount))
            out.append(part(of: bytes, text.upperBound + 1..<scan.end))
        } else if let range = fields.data, let data {
            out.append(part(of: bytes, 0..<range.lowerBound))
            out.append(data)
            out.append(part(of: bytes, range.upperBound..<scan.end))
        } else {
            return nil
        }
        seal(out, part(of: bytes, scan.end..<bytes.count))
        return out.array
    }

    /// - Parameter crcField: `,"crc":"xxxxxxxx"}`
    private static func seal(_ out: ByteBuffer, _ crcField: UnsafeRawBufferPointer) {
        let end = out.count
        let digits = LineLayout.crc.utf8CodeUnitCount
        out.append(LineLayout.redacted)
        out.append(part(of: crcField, digits..<digits + LineLayout.checksumBytes))
        out.append("\"")
        out.append(crcField)
        out.append("\n")
        guard let base = out.pointer.baseAddress, let crc = crcField.baseAddress else { return }
        let checksum = LineSeal.checksum(ofRedacted: base, end, crc: crc + digits)
        out.overwrite(at: end + LineLayout.redacted.utf8CodeUnitCount, withHexadecimal: checksum)
    }

    private static func part(of bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> UnsafeRawBufferPointer
    {
        UnsafeRawBufferPointer(rebasing: bytes[range])
    }
}

extension ByteBuffer {
    /// 8 digits over bytes that are there.
    fileprivate func overwrite(at index: Int, withHexadecimal value: UInt32) {
        withUnsafeTemporaryAllocation(byteCount: LineLayout.checksumBytes, alignment: 1) { digits in
            guard let base = digits.baseAddress else { return }
            Hexadecimal.write8(value, to: base)
            overwrite(at: index, with: UnsafeRawBufferPointer(digits))
        }
    }
}
