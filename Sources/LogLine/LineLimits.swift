/// The bounds of a line's fields, in bytes of UTF-8 before escaping. Source: the public contract
/// (docs/format.md).
public enum LineLimits {
    public static let channelBytesMax = 128
    public static let authorBytesMax = 64
    public static let idBytesMax = 64
    public static let kindBytesMax = 64
    public static let keyBytesMax = 256
    public static let textBytesMax = 65_536
    /// Of canonical JSON.
    public static let dataBytesMax = 393_216
    /// 2^53: every JSON reader takes integers up to here exactly.
    public static let offsetMax: UInt64 = 1 << 53
    /// How many keys one draft may rely on.
    public static let expectationsMax = 64
    /// How deep JSON may nest.
    public static let nestingMax = 64
    /// A whole line with its newline; every valid draft stays below (text of control characters grows
    /// sixfold).
    public static let lineBytesMax = 524_288
}
