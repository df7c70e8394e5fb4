import CSodium

/// Randomness of the operating system (getrandom(2)) that nobody can predict. Any thread.
public enum SecureRandom {
    public static func bytes(_ count: Int) -> [UInt8] {
        precondition(Sodium.isReady)
        var bytes = [UInt8](repeating: 0, count: count)
        randombytes_buf(&bytes, count)
        return bytes
    }

    public static func uint64() -> UInt64 {
        bytes(8).reduce(0) { $0 << 8 | UInt64($1) }
    }
}
