import LogLine

/// What is known of one channel's messages: a contiguous run of them, in the log's order.
struct Timeline: Sendable {
    /// Beyond so many the end that is farther from the reader is forgotten, and loaded again when wanted.
    static let messagesMax = 5_000

    private(set) var messages = [ChatMessage]()
    /// The channel's first message is here.
    private(set) var hasStart = false
    /// Its newest is here, and new ones join.
    private(set) var hasEnd = false

    var first: Offset? { messages.first?.offset }
    var last: Offset? { messages.last?.offset }

    /// How many messages stand before `offset`.
    func index(of offset: Offset) -> Int {
        var low = 0
        var high = messages.count
        while low < high {
            let middle = (low + high) / 2
            if messages[middle].offset < offset { low = middle + 1 } else { high = middle }
        }
        return low
    }

    subscript(offset: Offset) -> ChatMessage? {
        let index = index(of: offset)
        guard index < messages.count, messages[index].offset == offset else { return nil }
        return messages[index]
    }

    /// Starts over with the newest page. What the stream brought meanwhile and the page lacks stays.
    mutating func replace(_ page: [ChatMessage], hasStart: Bool) {
        let newer = hasEnd ? messages.suffix(from: index(of: (page.last?.offset ?? .zero).next)) : []
        messages = page + newer
        self.hasStart = hasStart
        hasEnd = true
    }

    /// A page of what stands before the first message.
    mutating func addOlder(_ page: [ChatMessage], hasStart: Bool) {
        let limit = first
        messages = page.filter { one in limit.map { one.offset < $0 } ?? true } + messages
        self.hasStart = hasStart
        guard messages.count > Timeline.messagesMax else { return }
        messages.removeLast(messages.count - Timeline.messagesMax)
        hasEnd = false
    }

    /// A new message. It is passed over when it is here already, or the run does not reach to it.
    mutating func append(_ message: ChatMessage) {
        guard hasEnd, message.offset > last ?? .zero else { return }
        messages.append(message)
        guard messages.count > Timeline.messagesMax else { return }
        messages.removeFirst(messages.count - Timeline.messagesMax)
        hasStart = false
    }

    /// Before its page has come: what the stream brings is kept for it.
    mutating func awaitPage() { hasEnd = true }

    mutating func apply(_ amendment: Amendment) {
        let index = index(of: amendment.target)
        guard index < messages.count else { return }
        messages[index].apply(amendment)
    }
}
