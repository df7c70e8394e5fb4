/// Reads a JSON document strictly and piece by piece, as its reader asks for it (RFC 8259).
///
/// Refuses, with the field and the byte: anything that is not JSON, invalid UTF-8, lone surrogate escapes,
/// raw control characters, leading zeros, duplicate keys (also when written with different escapes), values
/// nested deeper than `LineLimits.nestingMax`, trailing bytes. Allocates nothing for what its reader skips
/// but the keys' places.
///
/// ```swift
/// var reader = JSONReader(body)
/// try reader.beginObject(field: nil)
/// while let key = try reader.nextKey() {
///     if key == Array("author".utf8) { author = try reader.string(field: "author") }
/// }
/// try reader.end()
/// ```
public struct JSONReader {
    private var lexer: JSONLexer
    private var containers = ShallowStack<Container>()
    private var keys: JSONKeys

    private enum Container {
        case array(isEmpty: Bool)
        /// The keys of the objects around it end at `keysStart`.
        case object(isEmpty: Bool, keysStart: Int)
    }

    public init(_ bytes: UnsafeRawBufferPointer) {
        self.init(bytes, form: .any, position: 0)
    }

    /// Reads the value at `position`, and only what is in `form`.
    init(_ bytes: UnsafeRawBufferPointer, form: JSONLexer.Form, position: Int) {
        lexer = JSONLexer(bytes, form: form, position: position)
        keys = JSONKeys(bytes)
    }

    /// The byte that is read next.
    public var position: Int { lexer.position }

    // MARK: Objects

    /// Takes the `{` of an object, the value of `field` (nil: the document).
    public mutating func beginObject(field: String?) throws(InvalidField) {
        lexer.skipSpace()
        guard lexer.take("{") else { throw JSONReader.invalid(field, at: position, "an object was expected") }
        do { try open(.object(isEmpty: true, keysStart: keys.count), floor: 0) } catch {
            throw JSONReader.invalid(field, error)
        }
    }

    /// Takes the next member's key (unescaped) and its colon, or the `}` of the innermost object: then nil.
    /// - Parameter field: what a refusal names when a key is there twice; nil: the key.
    public mutating func nextKey(field: String? = nil) throws(InvalidField) -> [UInt8]? {
        try nextKey(field: field) { Array($0) }
    }

    /// The same, with `name` to tell what the key is from its bytes, which are valid only while it runs.
    public mutating func nextKey<Name>(
        field: String? = nil, _ name: (UnsafeRawBufferPointer) -> Name
    ) throws(InvalidField) -> Name? {
        do {
            guard try nextMember() else { return nil }
        } catch {
            let key = error.isDuplicateKey ? keys.withLast { InvalidField.shown($0) } : nil
            throw JSONReader.invalid(field ?? key, error)
        }
        return keys.withLast(name)
    }

    /// Checks that nothing but white space is left.
    public mutating func end() throws(InvalidField) {
        lexer.skipSpace()
        guard position == lexer.bytes.count else {
            throw JSONReader.invalid(nil, at: position, "nothing more was expected")
        }
    }

    // MARK: Arrays

    /// Takes the `[` of an array, the value of `field`.
    public mutating func beginArray(field: String?) throws(InvalidField) {
        lexer.skipSpace()
        guard lexer.take("[") else { throw JSONReader.invalid(field, at: position, "an array was expected") }
        do { try open(.array(isEmpty: true), floor: 0) } catch { throw JSONReader.invalid(field, error) }
    }

    /// Goes to the next element of the innermost array: true; or takes its `]`: false.
    public mutating func nextElement(field: String?) throws(InvalidField) -> Bool {
        do { return try nextPlace(into: nil) } catch { throw JSONReader.invalid(field, error) }
    }

    // MARK: Values

    /// A string, unescaped. `.tooLarge` when it has more than `bytesMax` bytes of UTF-8.
    public mutating func string(field: String?, bytesMax: Int = .max) throws(InvalidField) -> [UInt8] {
        lexer.skipSpace()
        let span: JSONStringSpan
        do { span = try lexer.string() } catch { throw JSONReader.invalid(field, error) }
        let text = lexer.text(of: span)
        guard text.count <= bytesMax else {
            throw JSONReader.tooLarge(field, bytes: text.count, bytesMax: bytesMax)
        }
        return text
    }

    /// An integer from 0 to `max`, written without sign, fraction and exponent.
    public mutating func unsignedInteger(
        field: String?, max: UInt64 = LineLimits.offsetMax
    ) throws(InvalidField) -> UInt64 {
        lexer.skipSpace()
        do { return try lexer.unsignedInteger(max: max) } catch { throw JSONReader.invalid(field, error) }
    }

    /// An integer from -`magnitudeMax` to `magnitudeMax`, written without fraction and exponent.
    public mutating func integer(field: String?, magnitudeMax: Int64) throws(InvalidField) -> Int64 {
        lexer.skipSpace()
        let isNegative = lexer.take("-")
        do {
            let magnitude = Int64(try lexer.unsignedInteger(max: magnitudeMax.magnitude))
            return isNegative ? -magnitude : magnitude
        } catch {
            throw JSONReader.invalid(field, error)
        }
    }

    /// `true` or `false`.
    public mutating func boolean(field: String?) throws(InvalidField) -> Bool {
        lexer.skipSpace()
        if lexer.take(word: "true") { return true }
        if lexer.take(word: "false") { return false }
        throw JSONReader.invalid(field, at: position, "true or false was expected")
    }

    /// Takes a `null` if that is the value; false: it is another one, still to be read.
    public mutating func null() -> Bool {
        lexer.skipSpace()
        return lexer.take(word: "null")
    }

    /// Any value, appended to `out` as canonical JSON: no white space, strings as `JSONString` writes them,
    /// numbers as they are. `.tooLarge` when that takes more than `bytesMax` bytes; `out` is then as before.
    public mutating func canonicalValue(
        field: String?, into out: ByteBuffer, bytesMax: Int = .max
    ) throws(InvalidField) {
        let start = out.count
        do { try value(into: out) } catch {
            out.truncate(to: start)
            throw JSONReader.invalid(field, error)
        }
        let bytes = out.count - start
        guard bytes <= bytesMax else {
            out.truncate(to: start)
            throw JSONReader.tooLarge(field, bytes: bytes, bytesMax: bytesMax)
        }
    }

    /// Any value, checked as strictly as if it were used; returns where it stands.
    public mutating func skipValue(field: String?) throws(InvalidField) -> Range<Int> {
        do { return try skipValue() } catch { throw JSONReader.invalid(field, error) }
    }

    // MARK: Inside

    mutating func skipValue() throws(JSONFault) -> Range<Int> {
        lexer.skipSpace()
        let start = position
        try value(into: nil)
        return start..<position
    }

    /// A value counts its nesting from itself, wherever it stands: what one document may hold another may,
    /// too.
    private mutating func value(into out: ByteBuffer?) throws(JSONFault) {
        let floor = containers.count
        repeat {
            try beginValue(floor: floor, into: out)
            while containers.count > floor {
                if try nextPlace(into: out) { break }
            }
        } while containers.count > floor
    }

    /// A scalar, or the opening bracket of a container.
    private mutating func beginValue(floor: Int, into out: ByteBuffer?) throws(JSONFault) {
        lexer.skipSpace()
        let start = position
        switch lexer.current {
        case UInt8(ascii: "{"):
            lexer.position += 1
            try open(.object(isEmpty: true, keysStart: keys.count), floor: floor)
        case UInt8(ascii: "["):
            lexer.position += 1
            try open(.array(isEmpty: true), floor: floor)
        case UInt8(ascii: "\""):
            emit(try lexer.string(), into: out)
            return
        case UInt8(ascii: "-"), .some(0x30...0x39):
            try lexer.number()
        default:
            guard lexer.take(word: "true") || lexer.take(word: "false") || lexer.take(word: "null") else {
                throw JSONFault(byte: start, trouble: "a value was expected")
            }
        }
        out?.append(UnsafeRawBufferPointer(rebasing: lexer.bytes[start..<position]))
    }

    /// Goes to where the innermost container's next value stands: true; or takes its end: false.
    private mutating func nextPlace(into out: ByteBuffer?) throws(JSONFault) -> Bool {
        guard case .array(let isEmpty) = containers.last else { return try nextMemberPlace(into: out) }
        lexer.skipSpace()
        if lexer.take("]") {
            containers.cut(to: containers.count - 1)
            out?.append(UInt8(ascii: "]"))
            return false
        }
        if !isEmpty {
            guard lexer.take(",") else { throw JSONFault(byte: position, trouble: "',' or ']' was expected") }
            out?.append(UInt8(ascii: ","))
        }
        containers.replaceLast(with: .array(isEmpty: false))
        return true
    }

    private mutating func nextMemberPlace(into out: ByteBuffer?) throws(JSONFault) -> Bool {
        guard try nextMember() else {
            out?.append(UInt8(ascii: "}"))
            return false
        }
        guard let out else { return true }
        if !isFirstMember { out.append(UInt8(ascii: ",")) }
        keys.withLast { out.appendJSONString($0) }
        out.append(UInt8(ascii: ":"))
        return true
    }

    /// Takes the next key and its colon: true; or the end of the innermost object: false.
    private mutating func nextMember() throws(JSONFault) -> Bool {
        guard case .object(let isEmpty, let keysStart) = containers.last else {
            preconditionFailure("no object is open")
        }
        lexer.skipSpace()
        if lexer.take("}") {
            containers.cut(to: containers.count - 1)
            keys.close(from: keysStart)
            return false
        }
        if !isEmpty {
            guard lexer.take(",") else { throw JSONFault(byte: position, trouble: "',' or '}' was expected") }
            lexer.skipSpace()
        }
        let start = position
        let span = try lexer.string()
        guard keys.insert(span, from: keysStart) else {
            throw JSONFault(byte: start, trouble: "the key was there before", isDuplicateKey: true)
        }
        lexer.skipSpace()
        guard lexer.take(":") else { throw JSONFault(byte: position, trouble: "':' was expected") }
        if isEmpty { containers.replaceLast(with: .object(isEmpty: false, keysStart: keysStart)) }
        return true
    }

    private var isFirstMember: Bool {
        guard case .object(_, let keysStart) = containers.last else { return false }
        return keys.count == keysStart + 1
    }

    private mutating func open(_ container: Container, floor: Int) throws(JSONFault) {
        guard containers.count - floor < LineLimits.nestingMax else {
            throw JSONFault(byte: position - 1, trouble: "the value is nested too deeply")
        }
        containers.append(container)
    }

    private func emit(_ span: JSONStringSpan, into out: ByteBuffer?) {
        guard let out else { return }
        if span.hasEscapes { return out.appendJSONString(lexer.text(of: span)) }
        let quoted = span.content.lowerBound - 1..<span.content.upperBound + 1
        out.append(UnsafeRawBufferPointer(rebasing: lexer.bytes[quoted]))
    }

    // MARK: Errors

    private static func invalid(_ field: String?, _ fault: JSONFault) -> InvalidField {
        invalid(field, at: fault.byte, fault.trouble)
    }

    private static func invalid(_ field: String?, at byte: Int, _ trouble: StaticString) -> InvalidField {
        InvalidField(field: field, detail: "\(field ?? "the JSON") is malformed at byte \(byte): \(trouble)")
    }

    private static func tooLarge(_ field: String?, bytes: Int, bytesMax: Int) -> InvalidField {
        InvalidField(
            field: field, trouble: .tooLarge,
            detail: "\(field ?? "the JSON") has \(bytes) bytes; the limit is \(bytesMax)")
    }
}
