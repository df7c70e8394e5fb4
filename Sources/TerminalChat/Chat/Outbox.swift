import LogLine

/// A write of our own on its way. Its id makes a repetition safe: however often it is sent, on whichever pod,
/// the log has it once.
struct OutgoingWrite: Equatable, Sendable {
    enum Content: Equatable, Sendable {
        case message(String, replyTo: Offset?)
        case edit(Offset, String)
        case delete(Offset)
        case react(Offset, String, isOn: Bool)
    }

    enum State: Equatable, Sendable {
        /// Not sent, or on a connection that broke.
        case waiting
        /// On the connection that is open.
        case sent
        /// The log has it; its line has not come back yet.
        case acknowledged(Offset)
        /// The server wants it later.
        case postponed(until: Duration)
        case refused(String)
    }

    let id: String
    let channel: Channel
    let content: Content
    var state = State.waiting

    /// The text of a message; nil: it is another write.
    var messageText: String? {
        guard case .message(let text, _) = content else { return nil }
        return text
    }
}

/// Own writes, in the order in which they were made. One of each channel is under way at a time, so that they
/// arrive in that order.
struct Outbox: Sendable {
    static let writesMax = 500

    private(set) var writes = [OutgoingWrite]()

    /// Every write is in the log and its line has come, or it was refused.
    var isSettled: Bool {
        writes.allSatisfy { write in
            switch write.state {
            case .waiting, .sent, .postponed, .acknowledged: false
            case .refused: true
            }
        }
    }

    /// For good.
    var hasRefusals: Bool {
        writes.contains { write in
            if case .refused = write.state { true } else { false }
        }
    }

    /// False: too many are waiting already.
    mutating func add(_ write: OutgoingWrite) -> Bool {
        guard writes.count < Outbox.writesMax else { return false }
        writes.append(write)
        return true
    }

    /// Messages of a channel that the log's lines do not show yet.
    func pending(in channel: Channel) -> [OutgoingWrite] {
        writes.filter { $0.channel == channel && $0.messageText != nil }
    }

    /// The writes to send now; they count as sent.
    mutating func takeDue(now: Duration) -> [OutgoingWrite] {
        var busy = Set<Channel>()
        var due = [OutgoingWrite]()
        for index in writes.indices where !busy.contains(writes[index].channel) {
            switch writes[index].state {
            case .acknowledged, .refused: continue
            case .sent: break
            case .postponed(let until) where until > now: break
            case .waiting, .postponed:
                writes[index].state = .sent
                due.append(writes[index])
            }
            busy.insert(writes[index].channel)
        }
        return due
    }

    /// The connection is gone: what was sent is sent again, with the same id.
    mutating func connectionLost() {
        for index in writes.indices where writes[index].state == .sent { writes[index].state = .waiting }
    }

    /// The log has it. A message stays until its line has come; everything else is done.
    mutating func acknowledged(_ id: [UInt8], _ offset: Offset?) {
        guard let index = index(of: id) else { return }
        if let offset, writes[index].messageText != nil {
            writes[index].state = .acknowledged(offset)
        } else {
            writes.remove(at: index)
        }
    }

    /// - Parameter retryAt: when it may be tried again; nil: never.
    /// - Returns: the write that was refused for good.
    mutating func refused(_ id: [UInt8], _ reason: String, retryAt: Duration?) -> OutgoingWrite? {
        guard let index = index(of: id) else { return nil }
        if let retryAt {
            writes[index].state = .postponed(until: retryAt)
            return nil
        }
        writes[index].state = .refused(reason)
        return writes[index]
    }

    /// Its line has come.
    mutating func arrived(_ id: [UInt8], in channel: Channel) {
        writes.removeAll { $0.channel == channel && $0.id.utf8.elementsEqual(id) }
    }

    /// Refused ones of a channel are shown until they are looked away.
    mutating func dropRefused(in channel: Channel) {
        writes.removeAll { write in
            guard case .refused = write.state else { return false }
            return write.channel == channel
        }
    }

    private func index(of id: [UInt8]) -> Int? { writes.firstIndex { $0.id.utf8.elementsEqual(id) } }
}
