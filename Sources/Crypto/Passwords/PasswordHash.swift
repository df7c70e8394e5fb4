import CSodium
import Glibc

/// What is kept of a password: its Argon2id hash (RFC 9106) as text, salt and cost included, so that hashes
/// of different costs stand side by side:
///
///     $argon2id$v=19$m=19456,t=2,p=1$fWAhsgXmCXCMRwbpOcXB5Q$bNNNDpdZDKlhWmZgWpNlOlgGdYCm4v…
///
/// Making and checking one takes `PasswordCost` (tens of milliseconds): never on a loop; `PasswordHasher`
/// does it on its own threads.
///
/// Source: libsodium's `crypto_pwhash_argon2id_str*`
/// (https://doc.libsodium.org/password_hashing/default_phf).
public struct PasswordHash: Hashable, Sendable {
    public static let textBytesMax = Int(crypto_pwhash_argon2id_STRBYTES) - 1

    /// ASCII, at most `textBytesMax` bytes.
    public let text: [UInt8]
    let cost: PasswordCost

    /// Nil unless `text` is such a hash, and one that takes no more than `PasswordCost.most`: whoever wrote
    /// it must not be able to choose how much memory checking it takes.
    public init?(_ text: [UInt8]) {
        guard text.count <= Self.textBytesMax, text.allSatisfy({ $0 > 0x20 && $0 < 0x7F }),
            let cost = PasswordHashText.cost(of: text), cost.isAtMost(.most)
        else { return nil }
        self.text = text
        self.cost = cost
    }

    /// Hashes `password` with a new random salt.
    public static func make(
        _ password: Password, cost: PasswordCost = .standard
    ) throws(PasswordHashError) -> PasswordHash {
        precondition(Sodium.isReady)
        var buffer = [CChar](repeating: 0, count: textBytesMax + 1)
        let status = crypto_pwhash_argon2id_str(
            &buffer, password.characters, UInt64(password.characters.count), UInt64(cost.passes),
            cost.memoryBytes)
        guard status == 0 else { throw PasswordHashError.outOfMemory(bytes: cost.memoryBytes) }
        let text = buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:))
        return PasswordHash(text: text, cost: cost)
    }

    /// Whether `password` is the one that this hash was made of.
    public func isOf(_ password: Password) throws(PasswordHashError) -> Bool {
        precondition(Sodium.isReady)
        let string = text.map(CChar.init(bitPattern:)) + [0]
        errno = 0
        let status = crypto_pwhash_argon2id_str_verify(
            string, password.characters, UInt64(password.characters.count))
        let code = errno
        if status == 0 { return true }
        // It is EINVAL when the work was done and the hashes differ.
        guard code == EINVAL else { throw PasswordHashError.outOfMemory(bytes: cost.memoryBytes) }
        return false
    }

    /// Whether it was made with another cost than new ones are: then hash the password anew when it was
    /// right.
    public var needsRehash: Bool { cost != .standard }

    /// Of nobody's password, made with the standard cost: an account that is not there is checked against it,
    /// so that the time an answer takes does not tell which accounts there are. (An account whose hash has
    /// another cost can be told until its owner has signed in once more.)
    static let decoy = PasswordHash(
        text: Array(
            ("$argon2id$v=19$m=19456,t=2,p=1$ZGVjb3kgb2Ygbm9ib2R5IQ$"
                + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY").utf8),
        cost: .standard)

    /// Unchecked: for texts that are known to be hashes of this cost.
    init(text: [UInt8], cost: PasswordCost) {
        self.text = text
        self.cost = cost
    }
}

extension PasswordHash: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "password hash (\(cost))" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: ["cost": cost]) }
}

/// Why a password could neither be hashed nor checked: nothing is known of it, try again.
public enum PasswordHashError: Error, Equatable, Sendable {
    case outOfMemory(bytes: Int)
}
