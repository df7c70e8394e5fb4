import LogLine
import Replication
import Views

extension Problem {
    /// What a client is told when the chat's state does not allow something.
    init(_ refusal: ChatRefusal) {
        switch refusal {
        case .invalid(let field): self.init(field)
        case .signedOut: self.init(.signInRequired, "the token is not good any more")
        case .accountRequired:
            self.init(.signInRequired, "this takes an account; register, or sign in")
        case .nameOfAccount(let name):
            self.init(
                .signInRequired, "\(Self.text(name)) is an account; sign in to use the name", field: "author")
        case .forbidden(let reason): self.init(.forbidden, reason)
        case .noSuchChannel: self.init(.notFound, "there is no such channel", field: "channel")
        case .noSuchAccount(let name):
            self.init(.notFound, "there is no account \(Self.text(name))", field: "name")
        case .noSuchMember(let name):
            self.init(.notFound, "\(Self.text(name)) is no member", field: "name")
        case .noSuchMessage(let offset):
            self.init(.notFound, "there is no message \(offset) in this channel")
        case .noSuchKey(let name):
            self.init(
                .notFound, "the key '\(String(decoding: name, as: UTF8.self))' has no value", field: "key")
        case .moved(let key, let offset):
            self.init(
                .expectationFailed, "the newest line with the key \(key) is \(offset)", field: "key",
                current: [Draft.Expectation(key: key, offset: offset)])
        case .taken(let reason), .conflict(let reason): self.init(.conflict, reason)
        case .deleted(let offset): self.init(.deleted, "the message \(offset) was deleted")
        case .behind(let offset):
            self.init(.waitTimedOut, "this pod has not reached offset \(offset), on which the request relies")
        case .noAccounts:
            self.init(
                .notReady, "there are no accounts and no private channels without a CLUSTER_SECRET")
        }
    }

    /// Runs `body`; a refusal of the views becomes a problem.
    static func from<Value>(chat body: () throws(ChatRefusal) -> Value) throws(Problem) -> Value {
        do throws(ChatRefusal) { return try body() } catch { throw Problem(error) }
    }

    /// Names from outside are shown cut.
    private static func text(_ name: [UInt8]) -> String {
        String(decoding: name.prefix(LineLimits.authorBytesMax), as: UTF8.self)
    }
}
