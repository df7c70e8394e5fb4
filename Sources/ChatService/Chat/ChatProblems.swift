import LogLine
import Replication
import Views

extension Problem {
    /// How a decision's refusal is answered.
    init(_ refusal: ChatRefusal) {
        switch refusal {
        case .invalid(let field): self.init(field)
        case .signedOut: self.init(.signInRequired, "the token is no longer good: sign in again")
        case .nameOfAccount(let name):
            self.init(
                .signInRequired, "the name '\(Problem.text(name))' belongs to an account", field: "author")
        case .forbidden(let reason): self.init(.forbidden, reason)
        case .noSuchChannel: self.init(.notFound, "there is no such channel", field: "channel")
        case .noSuchAccount(let name):
            self.init(.notFound, "there is no account '\(Problem.text(name))'", field: "name")
        case .noSuchMember(let name):
            self.init(.notFound, "'\(Problem.text(name))' is no member of this room", field: "name")
        case .noSuchMessage(let offset):
            self.init(.notFound, "there is no message at offset \(offset) in this channel", field: "offset")
        case .taken(let what): self.init(.conflict, what)
        case .conflict(let what): self.init(.conflict, what)
        case .deleted(let offset): self.init(.deleted, "the message at offset \(offset) was deleted")
        case .behind(let offset):
            self.init(.waitTimedOut, "this pod has not reached offset \(offset) yet")
        case .noAccounts:
            self.init(
                .unavailable,
                "without a CLUSTER_SECRET there are no accounts and no private rooms: their secrets could be read"
            )
        }
    }

    static func from<Value>(
        chat body: () throws(ChatRefusal) -> Value
    ) throws(Problem) -> Value {
        do throws(ChatRefusal) { return try body() } catch { throw Problem(error) }
    }

    private static func text(_ name: [UInt8]) -> String { String(decoding: name, as: UTF8.self) }
}
