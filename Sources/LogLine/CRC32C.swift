import CChecksum

/// CRC-32C (Castagnoli; RFC 3720 appendix B.4). In lines it stands as 8 lowercase hexadecimal digits.
public enum CRC32C {
    /// Of `bytes`, or of what `continuing` is the checksum of followed by `bytes`. By the processor's
    /// instruction where there is one (some 8 bytes a nanosecond), else by table.
    public static func checksum(_ bytes: UnsafeRawBufferPointer, continuing: UInt32 = 0) -> UInt32 {
        cchecksum_crc32c(continuing, bytes.baseAddress, bytes.count)
    }

    /// The same by table (about 1.5 bytes a nanosecond).
    public static func checksumByTable(_ bytes: UnsafeRawBufferPointer, continuing: UInt32 = 0) -> UInt32 {
        cchecksum_crc32c_table(continuing, bytes.baseAddress, bytes.count)
    }

    /// Whether `checksum` uses the processor's instruction.
    public static var usesInstruction: Bool { cchecksum_has_instruction() != 0 }
}
