/// What is found at a line's fixed places: enough to order, index and route it.
public struct LineScan: Equatable, Sendable {
    public let offset: Offset
    public let time: Timestamp
    /// The escaped content, between the quotes.
    public let channel: Range<Int>
    /// Whether it has no kind.
    public let isMessage: Bool
    /// Whether its text was erased for good.
    public let isRedacted: Bool
    /// Of the line as it was written.
    public let crc: UInt32
    /// The fields between `channel` and `crc` (or `redacted`, before it), each with the comma before it.
    let rest: Range<Int>

    /// Whether a key stands directly behind the channel, as it does in a message that has one. Precondition:
    /// `bytes` are those of this scan.
    @inline(__always)
    public func beginsWithKey(in bytes: UnsafeRawBufferPointer) -> Bool {
        rest.count > LineScan.keyStart && bytes[rest.lowerBound + 2] == UInt8(ascii: "k")
            && bytes[rest.lowerBound + 3] == UInt8(ascii: "e")
    }

    /// `,"ke`
    private static let keyStart = 4

    /// Where a message's author is, told from what stands directly behind the channel.
    public enum AuthorPlace: Equatable, Sendable {
        /// Its escaped content; where it holds a quote, the part before the first one's backslash, with it.
        case at(Range<Int>)
        case none
        /// Other fields come first: the whole line has to be looked through.
        case elsewhere
    }

    /// The author of a message, found without looking through its fields. Precondition: `bytes` are those of
    /// this scan.
    @inline(__always)
    public func authorPlace(in bytes: UnsafeRawBufferPointer) -> AuthorPlace {
        let fields = UnsafeRawBufferPointer(rebasing: bytes[rest])
        guard LineScan.begins(fields, with: LineLayout.author) else {
            let isNone =
                LineScan.begins(fields, with: LineLayout.id) || LineScan.begins(fields, with: LineLayout.text)
            return isNone ? .none : .elsewhere
        }
        let start = LineLayout.author.utf8CodeUnitCount
        guard let end = Memory.firstIndex(of: JSONBytes.quote, in: fields, from: start) else {
            return .elsewhere
        }
        return .at(rest.lowerBound + start..<rest.lowerBound + end)
    }

    @inline(__always)
    private static func begins(_ bytes: UnsafeRawBufferPointer, with word: StaticString) -> Bool {
        guard let base = bytes.baseAddress, bytes.count >= word.utf8CodeUnitCount else { return false }
        return Memory.equal(base, word.utf8Start, count: word.utf8CodeUnitCount)
    }

    /// Where the fields end and the crc's begins, or that of `redacted` before it.
    public var end: Int { rest.upperBound }

    /// Of the line, without its newline.
    public var lineBytes: Int {
        end + LineLayout.crcFieldBytes + (isRedacted ? LineLayout.redactedFieldBytes : 0)
    }

    /// The unescaped name. Precondition: `bytes` are those of this scan.
    public func channelName(in bytes: UnsafeRawBufferPointer) -> [UInt8] {
        Line.unescape(channel, in: bytes)
    }
}

/// Where a line's other fields stand: the escaped contents of strings, the whole of `data`.
public struct LineFields: Equatable, Sendable {
    public internal(set) var kind: Range<Int>?
    public internal(set) var key: Range<Int>?
    public internal(set) var author: Range<Int>?
    public internal(set) var id: Range<Int>?
    public internal(set) var text: Range<Int>?
    /// All digits.
    public internal(set) var replyTo: Range<Int>?
    public internal(set) var data: Range<Int>?
}

extension Line {
    /// Reads a line (without its newline) that `encode` or a later version of it wrote, from one's own disk
    /// or log: checks the fixed places and the crc (of a redacted line its checksum), and trusts everything
    /// between them to be what was written. Whatever the bytes are, nothing outside of them is read.
    ///
    /// Allocates nothing.
    public static func scan(_ bytes: UnsafeRawBufferPointer) throws(LineError) -> LineScan {
        let seal = try LineSeal(checking: bytes)
        var cursor = LineCursor(bytes, end: seal.end)
        let (offset, time) = try cursor.prefix()
        let channel = try cursor.stringContent()
        let restStart = cursor.position
        return LineScan(
            offset: offset, time: time, channel: channel, isMessage: try !cursor.hasKind(),
            isRedacted: seal.isRedacted, crc: seal.crc, rest: restStart..<cursor.end)
    }

    /// Whether a line that `encode` wrote is in the channel of that name, told from its fixed prefix alone:
    /// without the crc, for lines of one's own that are only sorted. `name` needs no escapes.
    public static func isIn(_ name: StaticString, _ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let comma = Memory.firstIndex(of: UInt8(ascii: ","), in: bytes, from: 0) else { return false }
        let start =
            comma + LineLayout.time.utf8CodeUnitCount + Timestamp.textBytes
            + LineLayout.channel.utf8CodeUnitCount
        let end = start + name.utf8CodeUnitCount
        guard end < bytes.count, bytes[end] == JSONBytes.quote else { return false }
        return Memory.equal(UnsafeRawBufferPointer(rebasing: bytes[start..<end]), name)
    }

    /// Where the fields between `channel` and `crc` stand. Precondition: `scan` is of these `bytes`.
    ///
    /// `.malformed` when they are not such as `encode` writes them.
    public static func fields(
        of bytes: UnsafeRawBufferPointer, _ scan: LineScan
    ) throws(LineError) -> LineFields {
        var cursor = LineCursor(bytes, end: scan.rest.upperBound, position: scan.rest.lowerBound)
        var fields = LineFields()
        while let name = try cursor.nextName() {
            switch LineField(name: name) {
            case .kind: fields.kind = try cursor.string()
            case .key: fields.key = try cursor.string()
            case .author: fields.author = try cursor.string()
            case .id: fields.id = try cursor.string()
            case .text: fields.text = try cursor.string()
            case .replyTo: fields.replyTo = try cursor.value()
            case .data: fields.data = try cursor.value()
            case nil: _ = try cursor.value()
            }
        }
        return fields
    }

    /// The message that this one answers, found from the fields' end, where it stands if there is one: costs
    /// a look at one byte for a line without. Precondition: `scan` is of these `bytes`.
    @inline(__always)
    public static func replyTo(of bytes: UnsafeRawBufferPointer, _ scan: LineScan) -> Offset? {
        guard isDigit(bytes[scan.rest.upperBound - 1]) else { return nil }
        return replyTo(endingAt: scan.rest.upperBound, in: bytes, from: scan.rest.lowerBound)
    }

    /// The number before `end`, when what stands before it is the name of the field. Nothing else can look
    /// like it: within a string its quotes would be escaped, an object ends with a brace.
    private static func replyTo(
        endingAt end: Int, in bytes: UnsafeRawBufferPointer, from start: Int
    ) -> Offset? {
        var digits = end
        while digits > start, isDigit(bytes[digits - 1]) { digits -= 1 }
        let name = digits - LineLayout.replyTo.utf8CodeUnitCount
        guard name >= start,
            Memory.equal(UnsafeRawBufferPointer(rebasing: bytes[name..<digits]), LineLayout.replyTo)
        else { return nil }
        let number = UnsafeRawBufferPointer(rebasing: bytes[digits..<end])
        guard let value = UInt64(String(decoding: number, as: UTF8.self)), value > 0,
            value <= LineLimits.offsetMax
        else { return nil }
        return Offset(value)
    }

    @inline(__always)
    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

    /// The text of a string whose escaped content is `range` of `bytes`.
    public static func unescape(_ range: Range<Int>, in bytes: UnsafeRawBufferPointer) -> [UInt8] {
        JSONString.unescape(UnsafeRawBufferPointer(rebasing: bytes[range]))
    }
}
