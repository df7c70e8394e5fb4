import EventLoop
import LogLine
import Replication
import Views
import Web

/// What the endpoints of the chat share: who asks, what is served, how writes are answered.
@LoopActor
final class ChatRequests {
    let replica: Replica
    let writes: Writes
    let identification: Identification
    let admission: WriteAdmission
    let waits: PositionWaits
    private let upstream: any LogUpstream

    init(
        replica: Replica, writes: Writes, identification: Identification, admission: WriteAdmission,
        waits: PositionWaits, upstream: any LogUpstream
    ) {
        self.replica = replica
        self.writes = writes
        self.identification = identification
        self.admission = admission
        self.waits = waits
        self.upstream = upstream
    }

    var chat: ChatState { replica.source.chat }

    func actor(_ exchange: Exchange, author: Author? = nil) throws(Problem) -> ChatActor {
        try identification.actor(exchange, author: author, in: chat)
    }

    /// Who writes, and may now; comes last before the write.
    func admitWrite(_ exchange: Exchange, as actor: ChatActor) throws(ChatAnswer) {
        do throws(Problem) { try admission.admit(exchange, as: actor) } catch { throw .problem(error) }
    }

    /// Runs `body`; where it finds this pod behind what the client knows, once more when it has caught up.
    func answering(
        _ exchange: Exchange, _ body: @escaping @LoopActor () throws(ChatAnswer) -> Void
    ) {
        exchange.answering { () throws(Problem) in
            do throws(ChatAnswer) { try body() } catch {
                switch error {
                case .problem(let problem): throw problem
                case .refusal(.behind(let offset)): try wait(for: offset, exchange, body)
                case .refusal(let refusal): throw Problem(refusal)
                }
            }
        }
    }

    /// The members of the request's JSON object.
    func fields<Value>(
        _ exchange: Exchange, _ read: (inout RequestFields) throws(InvalidField) -> Value
    ) throws(ChatAnswer) -> Value {
        try refuseQuery(exchange)
        do throws(Problem) {
            return try Problem.from { () throws(InvalidField) in
                var fields = try RequestFields(exchange.body.pointer)
                let value = try read(&fields)
                try fields.end()
                return value
            }
        } catch {
            throw .problem(error)
        }
    }

    /// A write takes no parameters but `author`.
    func refuseQuery(_ exchange: Exchange) throws(ChatAnswer) {
        try ChatAnswer.from(problem: { () throws(Problem) in try exchange.refuseQuery(except: ["author"]) })
    }

    /// The channel that a segment of the path names; reserved ones are not there.
    func channel(_ exchange: Exchange) throws(ChatAnswer) -> Channel {
        let channel: Channel
        do throws(InvalidField) {
            channel = try Channel(validating: exchange.segments[1])
        } catch {
            throw .problem(Problem(error))
        }
        guard !channel.isReserved else { throw .refusal(.noSuchChannel) }
        return channel
    }

    // MARK: Answers

    /// Answers a write with its position, or as `respond` says.
    func write(
        _ exchange: Exchange, _ decision: @escaping Writes.Decision,
        then respond: (@LoopActor (Receipt?) -> Response)? = nil
    ) {
        writes.perform(decision) { [self] result in
            guard let receipt = result?.receipt else {
                if case .refused(let problem) = result { return exchange.respond(Response(problem)) }
                return exchange.respond(respond?(nil) ?? ChatRequests.unchanged)
            }
            exchange.respond(respond?(receipt) ?? ChatRequests.response(to: receipt))
        }
    }

    /// `{"offset", "epoch"}`
    static func response(to receipt: Receipt) -> Response {
        Response(200, type: MediaType.json) {
            $0.append(
                utf8: "{\"offset\":\(receipt.position.offset),\"epoch\":\"\(receipt.position.epoch)\"}\n")
        }
    }

    /// The same, where something was written.
    static func response(to receipt: Receipt?) -> Response {
        receipt.map { response(to: $0) } ?? unchanged
    }

    /// It was so already.
    private static var unchanged: Response {
        Response(200, type: MediaType.json) { $0.append("{\"unchanged\":true}\n") }
    }

    private func wait(
        for offset: Offset, _ exchange: Exchange,
        _ body: @escaping @LoopActor () throws(ChatAnswer) -> Void
    ) throws(Problem) {
        let isWaiting = waits.add(offset, timeout: PodLimits.readWaitDefault) { _ in
            exchange.answering { () throws(Problem) in
                guard !exchange.isAbandoned else { return }
                do throws(ChatAnswer) { try body() } catch { throw error.asProblem }
            }
        }
        guard isWaiting else { throw Problem(ChatRefusal.behind(offset)) }
    }

    func position() throws(Problem) -> Position {
        guard let epoch = replica.source.epoch else {
            throw Problem(.notReady, "this pod has not reached its log yet")
        }
        return Position(epoch: epoch, offset: replica.source.index.last)
    }

    // MARK: Lines

    /// A line without its newline.
    struct FoundLine {
        let bytes: ByteSlice

        /// - Parameter line: with its newline.
        init(_ line: ByteSlice) { bytes = line[0..<line.count - 1] }

        /// Nil when it is no message.
        var target: MessageTarget? {
            // What was applied is whole; anything else is no message.
            try? MessageTarget(bytes.pointer)
        }
    }

    /// Finds the message at an offset; nil when there is none, a problem when that cannot be told now.
    func target(
        _ offset: Offset, _ completion: @escaping @LoopActor (Result<MessageTarget?, Problem>) -> Void
    ) {
        line(offset) { completion($0.map { $0?.target }) }
    }

    /// Finds a channel's message; a problem where there is none, or where that cannot be told now.
    func message(
        _ offset: Offset, in channel: Channel,
        _ completion: @escaping @LoopActor (Result<(line: FoundLine, target: MessageTarget), Problem>) -> Void
    ) {
        line(offset) { found in
            completion(
                found.flatMap { line in
                    guard let line, let target = line.target, target.channel == channel else {
                        return .failure(Problem(ChatRefusal.noSuchMessage(offset)))
                    }
                    return .success((line: line, target: target))
                })
        }
    }

    /// Finds the line at an offset, in memory or in the log; nil when there is none, a problem when it cannot
    /// be had now. One that was answered already, but not applied here yet, is waited for.
    func line(
        _ offset: Offset, _ completion: @escaping @LoopActor (Result<FoundLine?, Problem>) -> Void
    ) {
        let source = replica.source
        guard offset > .zero, offset <= replica.head, let epoch = source.epoch else {
            return completion(.success(nil))
        }
        guard offset <= source.index.last else {
            let isWaiting = waits.add(offset, timeout: PodLimits.readWaitDefault) { [self] outcome in
                guard outcome == .reached else {
                    return completion(.failure(Problem(ChatRefusal.behind(offset))))
                }
                line(offset, completion)
            }
            if !isWaiting { completion(.failure(Problem(ChatRefusal.behind(offset)))) }
            return
        }
        do throws(Trimmed) {
            completion(.success(FoundLine(try source.history.slice(of: offset))))
        } catch {
            LineLookup.find(offset, of: epoch, in: upstream) { completion($0.map(FoundLine.init)) }
        }
    }
}

/// Why a request is not answered as it wished.
enum ChatAnswer: Error {
    case problem(Problem)
    case refusal(ChatRefusal)

    var asProblem: Problem {
        switch self {
        case .problem(let problem): problem
        case .refusal(let refusal): Problem(refusal)
        }
    }

    /// Runs `body`; a refusal of the views is passed on.
    static func from<Value>(_ body: () throws(ChatRefusal) -> Value) throws(ChatAnswer) -> Value {
        do throws(ChatRefusal) { return try body() } catch { throw .refusal(error) }
    }

    static func from<Value>(problem body: () throws(Problem) -> Value) throws(ChatAnswer) -> Value {
        do throws(Problem) { return try body() } catch { throw .problem(error) }
    }
}
