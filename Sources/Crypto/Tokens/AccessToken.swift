import LogLine

/// What a signed-in client shows with every request: who it is, and until when that is believed. Any pod can
/// check it without asking anybody (`AccessTokens`); whether the account still has this generation is the
/// reader's to compare.
public struct AccessToken: Hashable, Sendable {
    public let name: Author
    /// The offset of the account's newest line when the token was made: a newer line takes it back.
    public let generation: Offset
    /// In whole seconds, like `expiry`.
    public let issuedAt: Timestamp
    /// The first moment at which it is not good any more.
    public let expiry: Timestamp
    /// What the token was made for (a device, a right), in the maker's words; empty: nothing in particular.
    /// At most `labelBytesMax` of `A-Z a-z 0-9 . _ : -`.
    public let label: [UInt8]

    public static let labelBytesMax = 32
    public static let lifetimeMax = Duration.seconds(Int64(UInt32.max))

    /// - Parameters:
    ///   - issuedAt: now, not before 1970; fractions of a second are dropped.
    ///   - lifetime: 1 s to `lifetimeMax`, in whole seconds.
    ///   - label: a programmer's word: one that breaks the rule is a programmer's error.
    public init(
        name: Author, generation: Offset, issuedAt: Timestamp, lifetime: Duration, label: [UInt8] = []
    ) {
        precondition(lifetime >= .seconds(1) && lifetime <= Self.lifetimeMax)
        precondition(issuedAt.milliseconds >= 0 && Self.isLabel(label))
        self.name = name
        self.generation = generation
        self.issuedAt = Timestamp(milliseconds: issuedAt.milliseconds / 1000 * 1000)
        self.expiry = Timestamp(
            milliseconds: self.issuedAt.milliseconds + lifetime.components.seconds * 1000)
        self.label = label
    }

    static func isLabel(_ bytes: some Collection<UInt8>) -> Bool {
        bytes.count <= labelBytesMax
            && bytes.allSatisfy {
                switch $0 {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2E, 0x5F, 0x3A, 0x2D: true
                default: false
                }
            }
    }
}

/// Why a token is not believed.
public enum AccessTokenError: Error, Equatable, Sendable {
    /// It is no token of ours, or of a version that this pod does not know.
    case malformed
    /// It was not made with this cluster's secret, or was changed.
    case forged
    /// It was good until this moment: sign in again.
    case expired(Timestamp)
}
