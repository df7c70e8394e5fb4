import LogLine

/// What a token of an identity provider (RFC 7519) says, once it is believed.
public struct JSONWebToken: Hashable, Sendable {
    public let name: Author
    /// The first moment at which it is not good any more (the clocks' difference not counted).
    public let expiry: Timestamp
    public let issuedAt: Timestamp?
}

/// Why a token of an identity provider is not believed. In the order in which it is looked for; nothing of a
/// token's claims is looked at before its signature has been found right.
public enum JSONWebTokenError: Error, Equatable, Sendable {
    case tooLarge(bytes: Int)
    /// Not three parts of base 64, or not the JSON that they must be; says what is wrong with it.
    case malformed(String)
    /// The header asks for another algorithm than the configured one, `none` included.
    case wrongAlgorithm
    /// No configured key has the name that the header asks for.
    case unknownKey
    case forged
    /// It was good until this moment.
    case expired(Timestamp)
    /// It will be good from this moment on, or claims to have been made then.
    case notYetValid(Timestamp)
    case wrongIssuer
    /// It was made for another service.
    case wrongAudience
    /// There is no name in it, or one that cannot be an author's; says which.
    case unusableName(String)
}
