/// What one hashing takes: so much memory, gone over so many times, on one core.
public struct PasswordCost: Hashable, Sendable, CustomStringConvertible {
    public let memoryKiB: Int
    public let passes: Int

    /// 19 MiB, twice: what the OWASP Password Storage Cheat Sheet asks of Argon2id at least, and calls as
    /// good as its other choices with more memory. Not libsodium's "interactive" cost (64 MiB, twice): that
    /// takes three times as long and as much memory, and a pod's memory is for the conversation. Measured on
    /// a busy machine with two cores, median of 15: 26 ms against 79 ms.
    public static let standard = PasswordCost(memoryKiB: 19 << 10, passes: 2)

    /// The most that a hash may ask for to be checked: libsodium's "moderate" memory.
    public static let most = PasswordCost(memoryKiB: 256 << 10, passes: 16)

    public init(memoryKiB: Int, passes: Int) {
        precondition(memoryKiB >= 8 && passes >= 1, "less than Argon2id takes")
        self.memoryKiB = memoryKiB
        self.passes = passes
    }

    public var memoryBytes: Int { memoryKiB << 10 }
    public var description: String { "\(memoryKiB) KiB, \(passes) passes" }

    func isAtMost(_ other: PasswordCost) -> Bool {
        memoryKiB <= other.memoryKiB && passes <= other.passes
    }
}
