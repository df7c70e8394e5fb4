import CSodium

/// Comparisons that do not tell by their duration where secrets differ.
public enum ConstantTime {
    /// The duration depends on the lengths alone. Source: libsodium's `sodium_memcmp`.
    public static func equal(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        precondition(Sodium.isReady)
        return left.count == right.count && sodium_memcmp(left, right, left.count) == 0
    }
}
