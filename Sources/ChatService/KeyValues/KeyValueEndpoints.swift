import EventLoop
import LogLine
import Replication
import Views
import Web

/// Keys with JSON values, and counters: docs/key-value.md, docs/openapi.yaml.
///
/// A write is answered as all changes are: see `Writes`. Conditions go to the log as what the
/// draft expects, so they are exact whichever pods write.
@LoopActor
final class KeyValueEndpoints {
    private let requests: ChatRequests

    init(requests: ChatRequests) { self.requests = requests }

    var routes: [Route] {
        let bytes = ServerLimits.bodyBytesMax
        return [
            Route(.get, "/kv", { [self] in list($0) }),
            Route(.get, "/kv/*", { [self] in show($0) }),
            Route(.put, "/kv/*", bodyBytesMax: bytes, { [self] in put($0) }),
            Route(.delete, "/kv/*", { [self] in delete($0) }),
            Route(.get, "/counters/*", { [self] in showCounter($0) }),
            Route(.post, "/counters/*", bodyBytesMax: bytes, { [self] in add($0) }),
        ]
    }

    private var keyValues: KeyValues { requests.replica.source.keyValues }

    // MARK: Reading

    private func list(_ exchange: Exchange) {
        reading(exchange) { [self] () throws(Problem) in
            let query = try KeyValueQuery(exchange.queryItems)
            let page = keyValues.page(prefix: query.prefix, after: query.after, limit: query.limit)
            exchange.respond(KeyValueAnswers.page(page, of: query, at: try requests.position()))
        }
    }

    private func show(_ exchange: Exchange) {
        reading(exchange) { [self] () throws(Problem) in
            let name = try name(exchange, field: "key")
            let position = try requests.position()
            guard let found = keyValues[name] else { throw Problem(ChatRefusal.noSuchKey(name.bytes)) }
            exchange.respond(KeyValueAnswers.value(found, at: position))
        }
    }

    private func showCounter(_ exchange: Exchange) {
        reading(exchange) { [self] () throws(Problem) in
            let name = try name(exchange, field: "name")
            let position = try requests.position()
            exchange.respond(KeyValueAnswers.counter(name, keyValues.counter(name), at: position))
        }
    }

    private func reading(
        _ exchange: Exchange, _ read: @escaping @LoopActor () throws(Problem) -> Void
    ) {
        requests.answering(exchange) { [requests] () throws(ChatAnswer) in
            let actor = try ChatAnswer.from(problem: { () throws(Problem) in try requests.actor(exchange) })
            // A token must be good still.
            _ = try ChatAnswer.from { () throws(ChatRefusal) in try requests.chat.name(of: actor) }
            try ChatAnswer.from(problem: { () throws(Problem) in
                try requests.whenReached(exchange, then: read)
            })
        }
    }

    // MARK: Writing

    private func put(_ exchange: Exchange) {
        writing(exchange) { [self] (actor) throws(Problem) in
            let name = try name(exchange, field: "key")
            let condition = try condition(exchange)
            let value = try Problem.from { () throws(InvalidField) in
                try KeyValueJSON.compact(exchange.body.pointer)
            }
            let attempt = KeyWriteAttempt()
            return (
                id: nil,
                decision: { [self] (chat) throws(ChatRefusal) in
                    let draft = try keyValues.put(
                        name, value, if: condition, hasAsked: attempt.hasAsked, by: chat.keyWriter(actor))
                    attempt.hasAsked = true
                    attempt.seemedNew = keyValues[name] == nil
                    return draft
                },
                answer: { [self] _, receipt in
                    let isNew = keyValues.isCreation(at: receipt.position.offset) ?? attempt.seemedNew
                    return KeyValueAnswers.written(receipt, status: isNew ? 201 : 200)
                }
            )
        }
    }

    private func delete(_ exchange: Exchange) {
        writing(exchange) { [self] (actor) throws(Problem) in
            let name = try name(exchange, field: "key")
            let condition = try condition(exchange)
            let attempt = KeyWriteAttempt()
            return (
                id: nil,
                decision: { [self] (chat) throws(ChatRefusal) in
                    let draft = try keyValues.delete(
                        name, if: condition, hasAsked: attempt.hasAsked, by: chat.keyWriter(actor))
                    attempt.hasAsked = true
                    return draft
                },
                answer: { KeyValueAnswers.written($1, status: 200) }
            )
        }
    }

    private func add(_ exchange: Exchange) {
        writing(exchange) { [self] (actor) throws(Problem) in
            let name = try name(exchange, field: "name")
            let (amount, id) = try Problem.from { () throws(InvalidField) in try Addition.read(exchange) }
            return (
                id: id,
                decision: { [self] (chat) throws(ChatRefusal) in
                    keyValues.addition(name, amount, by: try chat.keyWriter(actor))
                },
                answer: { [self] result, receipt in
                    let sum = keyValues.sum(after: receipt.position.offset)
                    return KeyValueAnswers.added(receipt, sum: sum, status: result.status)
                }
            )
        }
    }

    /// What a request wants to have written, and how it is answered.
    private typealias Write = (
        id: MessageID?, decision: Writes.Decision, answer: @LoopActor (AppendResult, Receipt) -> Response
    )

    /// The one way of these writes: reads the request, lets it in, writes, answers.
    private func writing(
        _ exchange: Exchange, _ read: @escaping @LoopActor (ChatActor) throws(Problem) -> Write
    ) {
        requests.answering(exchange) { [self] () throws(ChatAnswer) in
            let (actor, confirmation, write) = try ChatAnswer.from(problem: { () throws(Problem) in
                let confirmation = try exchange.writeConfirmation()
                let actor = try requests.actor(exchange)
                return (actor, confirmation, try read(actor))
            })
            try requests.admitWrite(exchange, as: actor)
            perform(write, confirmation, exchange)
        }
    }

    private func perform(_ write: Write, _ confirmation: WriteConfirmation, _ exchange: Exchange) {
        requests.writes.perform(id: write.id, confirmation: confirmation, write.decision) {
            result in
            guard let result else { preconditionFailure("a key's or counter's line is always to be written") }
            exchange.respond(result.receipt.map { write.answer(result, $0) } ?? Response(result))
        }
    }

    // MARK: The request

    private func name(_ exchange: Exchange, field: String) throws(Problem) -> KeyValueName {
        try Problem.from { () throws(InvalidField) in
            try KeyValueName(validating: exchange.segments[1], field: field)
        }
    }

    private func condition(_ exchange: Exchange) throws(Problem) -> KeyCondition {
        try KeyCondition(exchange.head, epoch: requests.replica.source.epoch)
    }
}

/// What the decisions of one write remember from one to the next.
@LoopActor
private final class KeyWriteAttempt {
    /// The log has been asked before.
    var hasAsked = false
    /// The key had no value in the lines that this pod had applied: other pods may have been first.
    var seemedNew = false
}

/// `{"add": n, "id"?}`
private enum Addition {
    @LoopActor
    static func read(_ exchange: Exchange) throws(InvalidField) -> (amount: Int64, id: MessageID?) {
        var fields = try RequestFields(exchange.body.pointer)
        let amount = try fields.integer("add", magnitudeMax: KeyValueLimits.sumMax)
        let id = try fields.optionalString("id").map { (text) throws(InvalidField) in
            try MessageID(validating: text)
        }
        try fields.end()
        return (amount, id)
    }
}
