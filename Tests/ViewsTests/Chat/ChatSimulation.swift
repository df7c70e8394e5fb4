import LogLine
import Replication

@testable import Views

/// Several pods, each with a state of its own at its own position, whose people do things at once; the
/// sequencer judges what they decided.
struct ChatSimulation {
    /// Something that somebody wants, to be decided again when the log refuses it.
    struct Wish {
        let pod: Int
        let decide: (ChatState) throws -> Draft?
        var attempts = 0
    }

    let log = ChatLog()
    private(set) var pods: [ChatState]
    private(set) var refusals = 0
    private(set) var givenUp = 0
    private var random: SplitMix64
    /// Decided and on the way to the log.
    private var underWay: [(wish: Wish, draft: Draft)] = []
    private var messages: [Offset] = []

    private static let names = ["alice", "Bob", "carol", "Dave", "eve"]
    private static let channels = ["@r1", "@r2", "@r3", "tea"]
    static let attemptsMax = 5

    init(seed: UInt64, pods count: Int) {
        random = SplitMix64(seed: seed)
        pods = (0..<count).map { number in
            ChatState(hash: ChannelHash(seed: (UInt64(number), 7)))
        }
    }

    mutating func step() throws {
        let pod = random.below(pods.count)
        switch random.below(4) {
        case 0: catchUp(pod, through: min(log.head, pods[pod].applied + random.below(30)))
        case 1, 2: try decide(Wish(pod: pod, decide: wish()))
        default: try deliver()
        }
    }

    /// Everything under way arrives, and every pod catches up.
    mutating func finish() throws {
        while !underWay.isEmpty { try deliver() }
        for pod in pods.indices { catchUp(pod, through: log.head) }
    }

    private func catchUp(_ pod: Int, through: Offset) {
        while pods[pod].applied < through { log.feed(pods[pod].applied.next, to: pods[pod]) }
    }

    private mutating func decide(_ wish: Wish) throws {
        // What the pod knows to be impossible is never sent.
        guard let draft = try? wish.decide(pods[wish.pod]) else { return }
        underWay.append((wish, draft))
    }

    private mutating func deliver() throws {
        guard !underWay.isEmpty else { return }
        var (wish, draft) = underWay.remove(at: random.below(underWay.count))
        switch log.admit(draft) {
        case .assigned(let offset, _):
            if case .text = draft.body { messages.append(offset) }
        case .refused(.expectationsUnmet(let current)):
            refusals += 1
            wish.attempts += 1
            guard wish.attempts < Self.attemptsMax else {
                givenUp += 1
                return
            }
            catchUp(wish.pod, through: max(pods[wish.pod].applied, current.map(\.offset).max() ?? .zero))
            try decide(wish)
        case .repeated, .refused: preconditionFailure("nothing is repeated or too much")
        }
    }

    // MARK: Wishes

    private mutating func wish() -> (ChatState) throws -> Draft? {
        let name = bytes(random.element(Self.names))
        let other = bytes(random.element(Self.names))
        let channel = Channel(trusted: bytes(random.element(Self.channels)))
        let role = random.element(Role.allCases)
        let isRisky = random.oneIn(6)
        switch random.below(16) {
        case 0, 1: return { try $0.registration(name, passwordHash: [0x68]) }
        case 2 where isRisky: return { try $0.accountDeletion(of: $0.actor(name)) }
        case 2, 3: return { try $0.revocation(of: $0.actor(name)) }
        case 4:
            return {
                try $0.roomCreation(by: $0.actor(name), channel: channel, title: [0x74], members: [other])
            }
        case 5:
            let direct = Channel(trusted: bytes("@d"))
            return { try $0.directConversation(by: $0.actor(name), with: other, channel: direct) }
        case 6, 7: return { try $0.membership(by: $0.actor(name), channel, name: other, role: role) }
        case 8: return { try $0.removal(by: $0.actor(name), channel, name: other) }
        case 9: return { try $0.roomUpdate(by: $0.actor(name), channel, title: [0x75]) }
        default: return messageWish(name, channel)
        }
    }

    private mutating func messageWish(_ name: [UInt8], _ channel: Channel) -> (ChatState) throws -> Draft? {
        let isOn = random.oneIn(2)
        let text = bytes("hello @\(random.element(Self.names))")
        guard !messages.isEmpty, random.oneIn(2), let target = try? log.target(random.element(messages))
        else {
            let number = random.next()
            let isOpen = random.oneIn(5)
            let id = MessageID(trusted: bytes(isOpen ? "open-\(number)" : "m-\(number)"))
            let draft = Draft(channel: channel, id: id, body: .text(text))
            return { try $0.post(draft, by: isOpen ? .open(Author(trusted: name)) : $0.actor(name)) }
        }
        switch random.below(4) {
        case 0: return { try $0.edit(target, text: text, by: $0.actor(name)) }
        case 1: return { try $0.deletion(target, by: $0.actor(name)) }
        case 2: return { try $0.reaction(target, emoji: [0x2B], isOn: isOn, by: $0.actor(name)) }
        default: return { try $0.readMark(target.channel, target.offset, by: $0.actor(name)) }
        }
    }
}

extension ChatState {
    /// With a token as new as this state.
    func actor(_ name: [UInt8]) -> ChatActor {
        .account(name, generation: accounts[name]?.generation ?? .zero)
    }

    /// All that it holds, to be compared with another one's.
    func summary(messages: [Offset], channels: [String], names: [String]) -> [String] {
        var summary = accounts.list.map { "\($0) \($0.isDeleted) \(String(describing: $0.passwordHash))" }
        for room in rooms.list {
            summary.append("\(room.channel) \(room.title) \(room.lastOffset) \(room.since)")
            summary += members(of: room).map { "\($0.account.name) \($0.role)" }
        }
        summary += messages.map { "\(String(describing: amendments[$0])) \(amendments.replyCount($0))" }
        for name in names {
            for channel in channels {
                summary.append("\(readMark(of: bytes(name), in: bytes(channel)))")
                summary.append("\(mentions(of: bytes(name), in: bytes(channel)))")
            }
        }
        return summary + ["\(applied) \(amendments.count) \(skippedLines)"]
    }
}

extension SplitMix64 {
    mutating func element<Element>(_ list: [Element]) -> Element { list[below(list.count)] }
}
