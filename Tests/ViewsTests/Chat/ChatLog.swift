import LogLine
import Replication
import Testing

@testable import Views

/// A log as the sequencer writes it, and a state that is always at its head.
final class ChatLog {
    private(set) var lines: [[UInt8]] = []
    private var sequencer = Sequencer(epoch: Epoch(1), seed: FingerprintKey(low: 1, high: 2))
    let state: ChatState
    private var milliseconds: Int64 = 1_795_156_260_000

    init(allowsAccounts: Bool = true) {
        state = ChatState(hash: ChannelHash(seed: (3, 4)), allowsAccounts: allowsAccounts)
    }

    var head: Offset { Offset(UInt64(lines.count)) }

    /// Judges a draft; a line of it is applied.
    func admit(_ draft: Draft) -> Admission {
        milliseconds += 1
        let buffer = ByteBuffer()
        let admission = sequencer.admit(draft, now: Timestamp(milliseconds: milliseconds), into: buffer)
        guard case .assigned(let offset, _) = admission else { return admission }
        sequencer.commit(through: offset)
        lines.append(buffer.array)
        feed(offset, to: state)
        return admission
    }

    /// Appends a draft that the log takes; returns its offset.
    @discardableResult
    func append(_ draft: Draft?) throws -> Offset {
        let draft = try #require(draft, "there is nothing to append")
        guard case .assigned(let offset, _) = admit(draft) else {
            throw Refused()
        }
        return offset
    }

    struct Refused: Error {}

    /// Gives one line to a state.
    func feed(_ offset: Offset, to state: ChatState) {
        withLine(offset) { line, scan in state.apply(line, scan) }
    }

    /// A line without its newline.
    func withLine<Result>(_ offset: Offset, _ body: (UnsafeRawBufferPointer, LineScan) throws -> Result)
        rethrows
        -> Result?
    {
        try lines[Int(offset.value) - 1].dropLast().withUnsafeBytes { line in
            guard let scan = try? Line.scan(line) else { return nil }
            return try body(line, scan)
        }
    }

    func target(_ offset: Offset) throws -> MessageTarget {
        try #require(try withLine(offset) { line, _ in try MessageTarget(line) } ?? nil)
    }

    // MARK: Short ways

    /// The account, as its newest token says.
    func actor(_ name: String) -> ChatActor {
        let name = Array(name.utf8)
        return .account(name, generation: state.accounts[name]?.generation ?? .zero)
    }

    @discardableResult
    func register(_ names: String...) throws -> Offset {
        for name in names {
            try append(state.registration(Array(name.utf8), passwordHash: bytes("hash of \(name)")))
        }
        return head
    }

    /// A private room.
    @discardableResult
    func makeRoom(_ name: String, by owner: String, with members: String...) throws -> Channel {
        let channel = try channel(name)
        try append(
            state.roomCreation(
                by: actor(owner), channel: channel, title: bytes("Room"), members: members.map(bytes)))
        return channel
    }

    @discardableResult
    func post(
        _ text: String, by author: String?, in channel: Channel, replyTo: Offset? = nil
    ) throws -> Offset {
        let draft = Draft(channel: channel, body: .text(bytes(text)), replyTo: replyTo)
        return try append(
            state.post(draft, by: author.map(actor) ?? .open(nil), answering: try replyTo.map(target)))
    }

    /// A line as it is, whoever may write it.
    @discardableResult
    func write(
        _ kind: String, _ json: String, key: String? = nil, author: String? = nil, in channel: String
    ) throws -> Offset {
        try append(
            Draft(
                channel: try self.channel(channel), key: try key.map { try Key(validating: bytes($0)) },
                author: try author.map { try Author(validating: bytes($0)) },
                body: .data(kind: try Kind(validating: bytes(kind)), json: bytes(json))))
    }

    func channel(_ name: String) throws -> Channel { try Channel(validating: bytes(name)) }
}

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

/// The refusal that `decide` ends with.
func refusal<Value>(_ decide: () throws -> Value) -> ChatRefusal? {
    do {
        _ = try decide()
        return nil
    } catch {
        return error as? ChatRefusal
    }
}
