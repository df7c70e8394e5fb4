import Crypto
import EventLoop
import LogLine
import Operations
import Replication
import Views
import Web

/// Accounts and sign-in: docs/openapi.yaml.
///
/// Passwords are hashed on the hasher's thread. Whoever tries too often, from one address or for one account,
/// is told when to try again before anything is hashed.
@LoopActor
final class AccountEndpoints {
    private let requests: ChatRequests
    private let hasher: PasswordHasher
    private var limiter = SignInLimiter()

    /// What an account has that signs in with the identity provider alone: no password's hash.
    private static let externalHash = Array("external".utf8)

    init(requests: ChatRequests, hasher: PasswordHasher) {
        self.requests = requests
        self.hasher = hasher
    }

    var routes: [Route] {
        let bytes = ServerLimits.bodyBytesMax
        return [
            Route(.post, "/accounts", bodyBytesMax: bytes, { [self] in register($0) }),
            Route(.get, "/accounts", { [self] in list($0) }),
            Route(.get, "/accounts/*", { [self] in show($0) }),
            Route(.put, "/accounts/*/password", bodyBytesMax: bytes, { [self] in changePassword($0) }),
            Route(.delete, "/accounts/*", bodyBytesMax: bytes, { [self] in delete($0) }),
            Route(.post, "/sessions", bodyBytesMax: bytes, { [self] in signIn($0) }),
            Route(.get, "/sessions", { [self] in whoAmI($0) }),
            Route(.delete, "/sessions", { [self] in signOutEverywhere($0) }),
        ]
    }

    // MARK: Register

    private func register(_ exchange: Exchange) {
        requests.answering(exchange) { [self] () throws(ChatAnswer) in
            let (name, password) = try credentials(exchange)
            // Refused before it costs a hash.
            _ = try ChatAnswer.from { () throws(ChatRefusal) in
                try requests.chat.registration(name, passwordHash: [])
            }
            try admit(name, exchange)
            try hash(password, exchange) { [self] hash in
                register(exchange, name, hash.text, status: 201)
            }
        }
    }

    private func register(_ exchange: Exchange, _ name: [UInt8], _ hash: [UInt8], status: Int) {
        requests.write(exchange) { (chat) throws(ChatRefusal) in
            try chat.registration(name, passwordHash: hash)
        } then: { [self] receipt in
            signedIn(name, generation: receipt?.position.offset ?? .zero, status: status)
        }
    }

    // MARK: Sign in

    private func signIn(_ exchange: Exchange) {
        requests.answering(exchange) { [self] () throws(ChatAnswer) in
            if let token = exchange.bearerToken,
                let name = try ChatAnswer.from(problem: { () throws(Problem) in
                    try requests.identification.providedName(token)
                })
            {
                return signIn(exchange, provided: name)
            }
            let (name, password) = try credentials(exchange)
            try check(name, password, exchange) { [self] account in
                exchange.respond(signedIn(account.name, generation: account.generation, status: 200))
            }
        }
    }

    /// The first sign-in with the identity provider makes the account.
    private func signIn(_ exchange: Exchange, provided name: Author) {
        if let account = requests.chat.accounts[name.bytes] {
            guard !account.isDeleted else {
                return exchange.respond(
                    Response(Problem(.signInRequired, "the account '\(name)' was deleted")))
            }
            return exchange.respond(signedIn(account.name, generation: account.generation, status: 200))
        }
        register(exchange, name.bytes, AccountEndpoints.externalHash, status: 201)
    }

    private func whoAmI(_ exchange: Exchange) {
        requests.answering(exchange) { [self] () throws(ChatAnswer) in
            let actor = try ChatAnswer.from(problem: { () throws(Problem) in try requests.actor(exchange) })
            let account = try ChatAnswer.from { () throws(ChatRefusal) in
                try requests.chat.account(of: actor)
            }
            exchange.respond(Response(200, type: MediaType.json) { ChatAnswers.encode(account, into: $0) })
        }
    }

    private func signOutEverywhere(_ exchange: Exchange) {
        requests.answering(exchange) { [self] () throws(ChatAnswer) in
            let actor = try ChatAnswer.from(problem: { () throws(Problem) in try requests.actor(exchange) })
            try requests.refuseQuery(exchange)
            requests.write(exchange) { (chat) throws(ChatRefusal) in
                try chat.revocation(of: actor)
            } then: {
                ChatRequests.response(to: $0)
            }
        }
    }

    // MARK: Change and delete

    private func changePassword(_ exchange: Exchange) {
        requests.answering(exchange) { [self] () throws(ChatAnswer) in
            let name = exchange.segments[1]
            let (old, new) = try requests.fields(exchange) { (fields) throws(InvalidField) in
                (
                    try Password(validating: try fields.string("password")),
                    try Password(
                        validating: try fields.string("new_password"), field: "new_password")
                )
            }
            try check(name, old, exchange) { [self] account in
                requests.answering(exchange) { [self] () throws(ChatAnswer) in
                    try hash(new, exchange) { [self] hash in change(exchange, account, hash) }
                }
            }
        }
    }

    private func change(_ exchange: Exchange, _ account: Account, _ hash: PasswordHash) {
        requests.write(exchange) { (chat) throws(ChatRefusal) in
            try chat.passwordChange(
                of: .account(account.name, generation: account.generation), passwordHash: hash.text)
        } then: { [self] receipt in
            signedIn(account.name, generation: receipt?.position.offset ?? .zero, status: 200)
        }
    }

    /// Confirmed by the password, or, where the account has none, by having signed in just now.
    private func delete(_ exchange: Exchange) {
        requests.answering(exchange) { [self] () throws(ChatAnswer) in
            let name = exchange.segments[1]
            if exchange.body.count == 0, let account = try signedInWithoutPassword(exchange, as: name) {
                return delete(account, exchange)
            }
            let password = try requests.fields(exchange) { (fields) throws(InvalidField) in
                try Password(validating: try fields.string("password"))
            }
            try check(name, password, exchange) { [self] in delete($0, exchange) }
        }
    }

    private func delete(_ account: Account, _ exchange: Exchange) {
        requests.write(exchange) { (chat) throws(ChatRefusal) in
            try chat.accountDeletion(of: .account(account.name, generation: account.generation))
        } then: {
            ChatRequests.response(to: $0)
        }
    }

    /// The account of this name, when it is the token's and signs in with the identity provider alone; nil
    /// when it is another one.
    private func signedInWithoutPassword(
        _ exchange: Exchange, as name: [UInt8]
    ) throws(ChatAnswer) -> Account? {
        guard let token = exchange.bearerToken else { return nil }
        try requests.refuseQuery(exchange)
        let actor = try ChatAnswer.from(problem: { () throws(Problem) in try requests.actor(exchange) })
        let account = try ChatAnswer.from { () throws(ChatRefusal) in try requests.chat.account(of: actor) }
        guard AccountName.lowercased(account.name) == AccountName.lowercased(name),
            account.passwordHash == AccountEndpoints.externalHash
        else { return nil }
        guard requests.identification.isFresh(token) else {
            let minutes = PodLimits.confirmingTokenAge.components.seconds / 60
            throw .problem(
                Problem(
                    .signInRequired,
                    "the account has no password: a token that POST /sessions gave less than \(minutes) "
                        + "minutes ago confirms it"))
        }
        return account
    }

    // MARK: List

    private func list(_ exchange: Exchange) {
        requests.answering(exchange) { [self] () throws(ChatAnswer) in
            try checkReader(exchange)
            let query = try AccountQuery(exchange.queryItems)
            let accounts = requests.chat.accounts.list(
                prefix: query.prefix, after: query.after, limit: query.limit)
            exchange.respond(
                Response(200, type: MediaType.json) { out in
                    out.append("[")
                    for (index, account) in accounts.enumerated() {
                        if index > 0 { out.append(",\n") }
                        ChatAnswers.encode(account, into: out)
                    }
                    out.append("]\n")
                })
        }
    }

    private func show(_ exchange: Exchange) {
        requests.answering(exchange) { [self] () throws(ChatAnswer) in
            try checkReader(exchange)
            guard let account = requests.chat.accounts[exchange.segments[1]] else {
                throw .refusal(.noSuchAccount(exchange.segments[1]))
            }
            exchange.respond(Response(200, type: MediaType.json) { ChatAnswers.encode(account, into: $0) })
        }
    }

    private func checkReader(_ exchange: Exchange) throws(ChatAnswer) {
        let actor = try ChatAnswer.from(problem: { () throws(Problem) in try requests.actor(exchange) })
        _ = try ChatAnswer.from { () throws(ChatRefusal) in try requests.chat.name(of: actor) }
    }

    // MARK: Passwords

    private func credentials(_ exchange: Exchange) throws(ChatAnswer) -> (name: [UInt8], password: Password) {
        guard requests.chat.allowsAccounts else { throw .refusal(.noAccounts) }
        return try requests.fields(exchange) { (fields) throws(InvalidField) in
            (
                try AccountName.validated(try fields.string("name")),
                try Password(validating: try fields.string("password"))
            )
        }
    }

    private func admit(_ name: [UInt8], _ exchange: Exchange) throws(ChatAnswer) {
        guard let address = exchange.clientAddress else { return }
        let decision = limiter.attempt(
            account: AccountName.lowercased(name), from: address, now: LoopClock.monotonic)
        guard case .refused(let delay) = decision else { return }
        let seconds = Int((delay / .seconds(1)).rounded(.up))
        throw .problem(
            Problem(
                .tooManyRequests, "too many attempts; the next one is answered in \(seconds) s",
                retryAfter: seconds))
    }

    /// Calls `proceed` when the password is the account's; a wrong name costs the same time and gets the same
    /// answer.
    private func check(
        _ name: [UInt8], _ password: Password, _ exchange: Exchange,
        _ proceed: @escaping @LoopActor @Sendable (Account) -> Void
    ) throws(ChatAnswer) {
        guard requests.chat.allowsAccounts else { throw .refusal(.noAccounts) }
        _ = try ChatAnswer.from(problem: { () throws(Problem) in
            try Problem.from { () throws(InvalidField) in try AccountName.validated(name) }
        })
        try admit(name, exchange)
        let account = requests.chat.accounts[name]
        let address = exchange.clientAddress
        do throws(PasswordHasherError) {
            try hasher.check(password, against: account?.passwordHash.flatMap { PasswordHash($0) }) {
                verdict in
                EventLoop.shared.execute { [self] in
                    switch verdict {
                    case .success(.right):
                        guard let account else { preconditionFailure("nobody's password is never right") }
                        if let address {
                            limiter.succeeded(account: AccountName.lowercased(name), from: address)
                        }
                        proceed(account)
                    case .success(.wrong):
                        exchange.respond(Response(Problem(.signInRequired, "name or password is wrong")))
                    case .failure(let error): exchange.respond(Response(Problem(error)))
                    }
                }
            }
        } catch {
            throw .problem(Problem(error))
        }
    }

    private func hash(
        _ password: Password, _ exchange: Exchange,
        _ proceed: @escaping @LoopActor @Sendable (PasswordHash) -> Void
    ) throws(ChatAnswer) {
        do throws(PasswordHasherError) {
            try hasher.hash(password) { result in
                EventLoop.shared.execute {
                    switch result {
                    case .success(let hash): proceed(hash)
                    case .failure(let error): exchange.respond(Response(Problem(error)))
                    }
                }
            }
        } catch {
            throw .problem(Problem(error))
        }
    }

    private func signedIn(_ name: [UInt8], generation: Offset, status: Int) -> Response {
        guard let (token, expiry) = requests.identification.issue(name, generation: generation) else {
            return Response(Problem(ChatRefusal.noAccounts))
        }
        return Response(status, type: MediaType.json, fields: [("cache-control", "no-store")]) { out in
            out.append("{\"name\":")
            out.appendJSONString(name)
            out.append(",\"token\":")
            out.appendJSONString(token)
            out.append(utf8: ",\"expires\":\"\(expiry)\"}\n")
        }
    }
}

extension Problem {
    init(_ error: PasswordHasherError) {
        switch error {
        case .busy(let count):
            self.init(.overloaded, "\(count) passwords are waiting to be hashed; nothing was done")
        case .outOfMemory:
            self.init(.overloaded, "there is no memory to hash a password now; nothing was done")
        case .stopped: self.init(.notReady, "this pod is shutting down")
        }
    }
}

/// `?prefix=&after=&limit=`
private struct AccountQuery {
    var prefix: [UInt8] = []
    var after: [UInt8]?
    var limit = ChatLimits.accountsPageMax

    init(_ items: [(name: String, value: String)]) throws(ChatAnswer) {
        for (name, value) in items {
            switch name {
            case "prefix": prefix = Array(value.utf8)
            case "after": after = Array(value.utf8)
            case "limit":
                guard let limit = Int(value), (1...ChatLimits.accountsPageMax).contains(limit) else {
                    throw .problem(
                        Problem(
                            .malformed,
                            "limit is '\(value.prefix(64))'; it takes 1 to \(ChatLimits.accountsPageMax)",
                            field: "limit"))
                }
                self.limit = limit
            default: continue
            }
        }
    }
}
