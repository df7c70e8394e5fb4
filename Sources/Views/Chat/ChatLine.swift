import LogLine

/// A line taken apart for the views, without a copy: valid as long as its bytes are.
struct ChatLine {
    let bytes: UnsafeRawBufferPointer
    let scan: LineScan
    let fields: LineFields

    /// `.malformed` when the fields are not such as the log writes them.
    init(_ bytes: UnsafeRawBufferPointer, _ scan: LineScan) throws(LineError) {
        self.bytes = bytes
        self.scan = scan
        fields = try Line.fields(of: bytes, scan)
    }

    var offset: Offset { scan.offset }
    /// Escaped, as in all tables of the views.
    var channel: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: bytes[scan.channel]) }
    var channelName: [UInt8] { Array(channel) }
    /// Nil: a message, or a kind that this version does not know.
    var kind: ChatKind? { fields.kind.flatMap { ChatKind(raw($0)) } }
    /// Unescaped.
    var key: [UInt8]? { fields.key.map { Line.unescape($0, in: bytes) } }
    /// Unescaped.
    var author: [UInt8]? { fields.author.map { Line.unescape($0, in: bytes) } }

    /// Read as JSON; throws when there is none, or it is not of the shape that `ChatContent` reads.
    func content() throws(ChatTrouble) -> ChatContent {
        guard let data = fields.data else { throw .malformed }
        do throws(InvalidField) { return try ChatContent(raw(data)) } catch { throw .malformed }
    }

    /// Whether the key is `prefix` and `name`.
    func isKeyed(_ prefix: StaticString, _ name: [UInt8]) -> Bool {
        guard let key else { return false }
        return key.withUnsafeBytes { key in
            guard key.count == prefix.utf8CodeUnitCount + name.count else { return false }
            return Memory.equal(UnsafeRawBufferPointer(rebasing: key[..<prefix.utf8CodeUnitCount]), prefix)
                && key[prefix.utf8CodeUnitCount...].elementsEqual(name)
        }
    }

    /// The earlier line that the data name.
    func target(_ content: ChatContent) throws(ChatTrouble) -> Offset {
        guard let target = content.offset, target > .zero, target < offset else { throw .malformed }
        return target
    }

    /// The same, where the line's key must name it, too.
    func keyedTarget(_ content: ChatContent) throws(ChatTrouble) -> Offset {
        let target = try target(content)
        guard isKeyed(ChatVocabulary.messagePrefix, Array(String(target.value).utf8)) else {
            throw .malformed
        }
        return target
    }

    func raw(_ range: Range<Int>) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: bytes[range]) }
}

/// Why a line of a known kind changes nothing. Views count such lines and go on: a line is a fact, whatever
/// it holds.
enum ChatTrouble: Error {
    /// Its key, author or data are not of the shape that its kind has.
    case malformed
    /// It is about something that is not, or no longer, there, or adds to what is full.
    case inapplicable
}
