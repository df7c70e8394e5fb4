/// The end of every line: the digits of its crc, `"}` and the newline.
public enum LineEnd {
    /// 8 digits and what stands behind them.
    public static let bytes = 11

    /// The crc of a line, as it stands in it.
    ///
    /// Precondition: `bytes` are a checked line with its newline, or the end of one.
    public static func crc(of bytes: UnsafeRawBufferPointer) -> UInt32 {
        guard bytes.count >= Self.bytes, let base = bytes.baseAddress,
            let crc = Hexadecimal.read8(base + (bytes.count - Self.bytes))
        else { preconditionFailure("a line that was checked does not end with its crc") }
        return crc
    }
}
