import Crypto
import EventLoop
import LogLine
import Operations
import Replication
import Views
import Web

/// Tells who a client is, by the bearer token it shows: one of the cluster's own, one of the identity
/// provider's, or the cluster's secret (its tools, which act for nobody in particular).
@LoopActor
final class Identification {
    private let tokens: AccessTokens?
    private let provider: JSONWebTokens?
    private let secret: [UInt8]?
    private let isRequired: Bool
    private let tokenLifetime: Duration

    init(
        secret: [UInt8]?, provider: JSONWebTokens?, isRequired: Bool, tokenLifetime: Duration
    ) {
        tokens = secret.map { AccessTokens(secret: $0) }
        self.provider = provider
        self.secret = secret
        self.isRequired = isRequired
        self.tokenLifetime = tokenLifetime
    }

    /// - Parameters:
    ///   - token: nil: none was shown.
    ///   - author: the name that the client gave, where it did.
    func actor(_ token: [UInt8]?, author: Author? = nil, in chat: ChatState) throws(Problem) -> ChatActor {
        guard let token else {
            guard !isRequired else {
                throw Problem(.signInRequired, "this server serves only those who are signed in")
            }
            return .open(author)
        }
        if let secret, ConstantTime.equal(token, secret) { return .open(author) }
        if let provider, token.contains(UInt8(ascii: ".")) {
            return try actor(name: try name(token, provider), in: chat)
        }
        let access = try accessToken(token)
        return .account(access.name.bytes, generation: access.generation)
    }

    func actor(_ exchange: Exchange, author: Author? = nil, in chat: ChatState) throws(Problem) -> ChatActor {
        try actor(exchange.bearerToken, author: author, in: chat)
    }

    /// Until when a token that was taken is good; nil: it is none that ends (the cluster's secret), or none.
    func expiry(of token: [UInt8]?) -> Timestamp? {
        guard let token else { return nil }
        if let secret, ConstantTime.equal(token, secret) { return nil }
        // A token that is good no more was refused before.
        if let provider, token.contains(UInt8(ascii: ".")) {
            return try? provider.token(token, now: Identification.now).expiry
        }
        return try? accessToken(token).expiry
    }

    /// The cluster's own token that a client shows.
    func accessToken(_ token: [UInt8]) throws(Problem) -> AccessToken {
        guard let tokens else {
            throw Problem(
                .signInRequired, "without a CLUSTER_SECRET this cluster has no accounts and no tokens")
        }
        do throws(AccessTokenError) {
            return try tokens.token(token, now: Identification.now)
        } catch {
            switch error {
            case .malformed, .forged: throw Problem(.signInRequired, "the token is none of this cluster's")
            case .expired(let time): throw Problem(.signInRequired, "the token was good until \(time)")
            }
        }
    }

    /// Whether a token is the cluster's own and was given just now: whoever has it has just signed in.
    func isFresh(_ token: [UInt8]) -> Bool {
        guard let token = try? accessToken(token) else { return false }
        let age = Identification.now.milliseconds - token.issuedAt.milliseconds
        return .milliseconds(age) < PodLimits.confirmingTokenAge
    }

    /// The name that a token of the identity provider gives; nil: `token` is not meant to be one.
    func providedName(_ token: [UInt8]) throws(Problem) -> Author? {
        guard let provider, token.contains(UInt8(ascii: ".")) else { return nil }
        return try name(token, provider)
    }

    /// A new token of an account's current generation.
    func issue(_ name: [UInt8], generation: Offset) -> (text: [UInt8], expiry: Timestamp)? {
        guard let tokens else { return nil }
        let now = Identification.now
        let token = AccessToken(
            name: Author(trusted: name), generation: generation, issuedAt: now, lifetime: tokenLifetime)
        return (tokens.text(of: token), token.expiry)
    }

    private func name(_ token: [UInt8], _ provider: JSONWebTokens) throws(Problem) -> Author {
        do throws(JSONWebTokenError) {
            return try provider.token(token, now: Identification.now).name
        } catch {
            throw Problem(.signInRequired, "the identity provider's token is refused: \(error)")
        }
    }

    private func actor(name: Author, in chat: ChatState) throws(Problem) -> ChatActor {
        guard let account = chat.accounts[name.bytes], !account.isDeleted else {
            throw Problem(
                .signInRequired, "'\(name)' has no account yet: POST /sessions with this token makes one")
        }
        return .account(account.name, generation: account.generation)
    }

    private static var now: Timestamp { Timestamp(milliseconds: LoopClock.wallMilliseconds) }
}

extension Exchange {
    /// What stands behind `Authorization: Bearer`.
    var bearerToken: [UInt8]? {
        guard let value = head?.header("authorization") else { return nil }
        let scheme = "bearer "
        guard value.utf8.count > scheme.utf8.count, value.lowercased().hasPrefix(scheme) else { return nil }
        return Array(value.utf8.dropFirst(scheme.utf8.count))
    }
}
