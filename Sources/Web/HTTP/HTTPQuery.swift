import LogLine

/// The query of a request as forms write it (WHATWG URL, application/x-www-form-urlencoded): `name=value`
/// items between `&`, `+` for a space, `%XX`; decoded names and values are valid UTF-8. An item without `=`
/// has an empty value; empty items are skipped.
public struct HTTPQuery: Sendable, Sequence {
    public struct Item: Sendable {
        public let name: HTTPText
        public let value: HTTPText
    }

    /// As it was sent, without the `?`.
    let bytes: ByteSlice

    /// As it was sent, without the `?`; visible ASCII.
    public var raw: String { bytes.text }

    public var isEmpty: Bool { bytes.count == 0 }

    /// The first item with this name.
    public subscript(name: StaticString) -> HTTPText? { first { $0.name == name }?.value }

    public func makeIterator() -> Iterator { Iterator(bytes: bytes) }

    public struct Iterator: IteratorProtocol {
        let bytes: ByteSlice
        private var start = 0

        init(bytes: ByteSlice) { self.bytes = bytes }

        public mutating func next() -> Item? {
            guard let item = HTTPQuery.nextItem(in: bytes.pointer, from: &start) else { return nil }
            return Item(
                name: HTTPText(bytes: bytes[item.name]),
                value: HTTPText(bytes: bytes[item.value]))
        }
    }

    /// The rules of `HTTPTarget` for a query.
    static func check(_ query: UnsafeRawBufferPointer) throws(HTTPParseFailure) {
        guard PercentCoding.isValid(query) else {
            throw HTTPParseFailure(
                .malformed, "query", "the query has a % without two hexadecimal digits behind it")
        }
        var count = 0
        var start = 0
        while let item = nextItem(in: query, from: &start) {
            count += 1
            guard count <= HTTPLimits.queryItemCountMax else {
                throw HTTPParseFailure(
                    .malformed, "query", "the query has over \(HTTPLimits.queryItemCountMax) items")
            }
            guard isText(query.part(item.name)), isText(query.part(item.value)) else {
                throw HTTPParseFailure(.malformed, "query", "the query is not UTF-8 once it is decoded")
            }
        }
    }

    private static func isText(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.contains(PercentCoding.percent) else { return true }
        return String(validating: PercentCoding.decode(bytes, plusIsSpace: true), as: UTF8.self) != nil
    }

    /// The first item that is not empty at or behind `start`, which is moved behind it.
    private static func nextItem(
        in bytes: UnsafeRawBufferPointer, from start: inout Int
    ) -> (name: Range<Int>, value: Range<Int>)? {
        while start < bytes.count {
            let rest = bytes[start...]
            let end = rest.firstIndex(of: UInt8(ascii: "&")) ?? bytes.count
            let item = start..<end
            start = end + 1
            guard !item.isEmpty else { continue }
            let equals = bytes[item].firstIndex(of: UInt8(ascii: "=")) ?? end
            return (item.lowerBound..<equals, Swift.min(equals + 1, end)..<end)
        }
        return nil
    }
}
