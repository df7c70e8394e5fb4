/// A write before it has an offset.
public struct Draft: Sendable, Equatable {
    public enum Body: Sendable, Equatable {
        /// A message: valid UTF-8, 1–65,536 bytes, unescaped.
        case text([UInt8])
        /// Another kind of entry, with its value as canonical JSON.
        case data(kind: Kind, json: [UInt8])
    }

    /// The last line with `key` must be at `offset`; 0: there must be none.
    public struct Expectation: Sendable, Equatable {
        public let key: Key
        public let offset: Offset
        public init(key: Key, offset: Offset) {
            self.key = key
            self.offset = offset
        }
    }

    public var channel: Channel
    public var key: Key?
    public var author: Author?
    public var id: MessageID?
    public var body: Body
    /// The message that this one answers: 1–2^53. Only beside a text.
    public var replyTo: Offset?
    public var expectations: [Expectation]

    public init(
        channel: Channel, key: Key? = nil, author: Author? = nil, id: MessageID? = nil, body: Body,
        replyTo: Offset? = nil, expectations: [Expectation] = []
    ) {
        self.channel = channel
        self.key = key
        self.author = author
        self.id = id
        self.body = body
        self.replyTo = replyTo
        self.expectations = expectations
    }
}
