/// The bounds of keys, values and counters.
public enum KeyValueLimits {
    /// Of a key's or a counter's name.
    public static let nameBytesMax = 128
    /// Of a value as compact JSON.
    public static let valueBytesMax = 65_536
    /// 2^53 − 1: of an addition and of a sum, so that every JSON reader takes them exactly.
    public static let sumMax: Int64 = (1 << 53) - 1
    /// The newest lines of counters, and as many of keys, of which it is remembered what they did: 16 bytes
    /// each.
    static let recentOutcomesMax = 16_384
    /// Keys on one page.
    public static let pageKeysMax = 1_000
    /// A page ends with the key that reaches so many bytes of values.
    static let pageBytesMax = 1 << 20
    /// Keys, deleted ones with them, that are looked at for one page.
    static let pageRowsMax = 16_384
    /// Rows of one chunk of a table of names.
    static let chunkRowsMax = 128
}
