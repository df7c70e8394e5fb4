import LogLine
import Replication

/// What a pod says on a WebSocket beside the lines: objects that begin with `{"type":` (lines begin with
/// `{"offset":`). docs/chat.md lists them all.
enum ControlObject {
    /// The first thing said.
    case hello(position: Position, replicaID: String)
    /// All history up to here was sent.
    case live(Position)
    /// The position that was asked for is of another log: the client drops what it has and starts from here.
    case reset(Position)
    /// A write is durable.
    case ack(Receipt)
    /// It was so already: nothing had to be written.
    case unchanged(id: MessageID?)
    /// The token is good: whose it is.
    case signedIn([UInt8])
    /// The account has read a channel up to here, on whichever device.
    case read(Channel, Offset)
    /// Somebody writes in a channel.
    case typing(Channel, Author)
    /// The presence of these accounts is another one now: one of them is told without a list around it.
    case presence([PresentPerson])
    /// Everybody's presence.
    case people([PresentPerson])
    /// A command was refused; `id` is the one of its write.
    case error(Problem, id: MessageID?)
    case pong
    /// This pod is about to close: connect again after the delay, elsewhere, from the position.
    case bye(Position, retry: Duration)

    /// One JSON object.
    func encode(into out: ByteBuffer) {
        switch self {
        case .hello(let position, let replicaID):
            out.append("{\"type\":\"hello\",\"replica_id\":")
            out.appendJSONString(Array(replicaID.utf8))
            ControlObject.append(position, to: out)
        case .live(let position):
            out.append("{\"type\":\"live\"")
            ControlObject.append(position, to: out)
        case .reset(let position):
            out.append("{\"type\":\"reset\"")
            ControlObject.append(position, to: out)
        case .ack(let receipt): ControlObject.encode(receipt, into: out)
        case .error(let problem, let id): ControlObject.encode(problem, id, into: out)
        case .unchanged(let id):
            out.append("{\"type\":\"ack\"")
            if let id {
                out.append(",\"id\":")
                out.appendJSONString(id.bytes)
            }
            out.append(",\"unchanged\":true")
        case .signedIn(let name):
            out.append("{\"type\":\"signed_in\",\"name\":")
            out.appendJSONString(name)
        case .read(let channel, let offset):
            out.append("{\"type\":\"read\",\"channel\":")
            out.appendJSONString(channel.bytes)
            out.append(utf8: ",\"offset\":\(offset)")
        case .typing(let channel, let name):
            out.append("{\"type\":\"typing\",\"channel\":")
            out.appendJSONString(channel.bytes)
            out.append(",\"name\":")
            out.appendJSONString(name.bytes)
        case .presence(let people) where people.count == 1:
            out.append("{\"type\":\"presence\",")
            people[0].encodeMembers(into: out)
        case .presence(let people), .people(let people):
            out.append("{\"type\":\"presence\",\"people\":")
            PresentPerson.encode(people, into: out)
        case .pong: out.append("{\"type\":\"pong\"")
        case .bye(let position, let retry):
            out.append("{\"type\":\"bye\",\"retry_ms\":")
            out.append(decimal: UInt64(max(0, retry / .milliseconds(1))))
            ControlObject.append(position, to: out)
        }
        out.append("}")
    }

    private static func append(_ position: Position, to out: ByteBuffer) {
        out.append(",\"position\":\"")
        out.append(utf8: position.description)
        out.append("\"")
    }

    private static func encode(_ receipt: Receipt, into out: ByteBuffer) {
        out.append("{\"type\":\"ack\"")
        if let id = receipt.id {
            out.append(",\"id\":")
            out.appendJSONString(id.bytes)
        }
        out.append(utf8: ",\"offset\":\(receipt.position.offset),\"epoch\":\"\(receipt.position.epoch)\"")
        receipt.confirmation?.encodeMembers(into: out)
    }

    private static func encode(_ problem: Problem, _ id: MessageID?, into out: ByteBuffer) {
        out.append("{\"type\":\"error\"")
        if let id = id ?? problem.id {
            out.append(",\"id\":")
            out.appendJSONString(id.bytes)
        }
        if let seconds = problem.retryAfterSeconds {
            out.append(utf8: ",\"retry_after\":\(seconds)")
        }
        out.append(",\"problem\":")
        problem.encode(into: out)
    }
}
