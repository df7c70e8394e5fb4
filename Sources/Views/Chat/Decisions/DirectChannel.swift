import LogLine

/// The channel of a direct conversation: `@` and the first 32 hexadecimal digits of BLAKE2b-256 over `input`.
/// The hash is the caller's to compute.
public enum DirectChannel {
    /// Both names in lowercase, in their order as bytes, each behind one byte with its length.
    /// Precondition: both are valid account names.
    public static func input(_ one: [UInt8], _ other: [UInt8]) -> [UInt8] {
        let names = [one, other].map(AccountName.lowercased).sorted { $0.lexicographicallyPrecedes($1) }
        return names.flatMap { [UInt8($0.count)] + $0 }
    }
}
