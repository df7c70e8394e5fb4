import LogLine

/// Which of a channel's messages a reader wants. The result is always oldest first.
///
/// | given | result |
/// |---|---|
/// | nothing | all |
/// | `after`, `before` | those behind `after` and before `before`, both excluded |
/// | `last=n` | the newest n of these |
/// | `limit=n` with `before` and without `after` | the newest n of these |
/// | `limit=n` otherwise | the oldest n of these |
public struct MessageQuery: Equatable, Sendable {
    public enum Count: Equatable, Sendable {
        case all
        case oldest(Int)
        case newest(Int)
    }

    public let after: Offset?
    public let before: Offset?
    public let count: Count

    public init(after: Offset? = nil, before: Offset? = nil, count: Count = .all) {
        self.after = after
        self.before = before
        self.count = count
    }

    public static let all = MessageQuery()

    /// Reads `after`, `before`, `last` and `limit` from a request's query, percent-decoded; other names are
    /// ignored.
    /// - Throws: `InvalidField` naming the parameter when it is not a decimal number, out of its range, given
    ///   twice, or when `last` and `limit` are both given.
    public init(queryItems: [(name: String, value: String)]) throws(InvalidField) {
        after = try Self.offset("after", in: queryItems)
        before = try Self.offset("before", in: queryItems)
        let last = try Self.messageCount("last", in: queryItems)
        let limit = try Self.messageCount("limit", in: queryItems)
        switch (last, limit) {
        case (nil, nil): count = .all
        case (let last?, nil): count = .newest(last)
        case (nil, let limit?): count = before != nil && after == nil ? .newest(limit) : .oldest(limit)
        case (_?, _?):
            throw InvalidField(field: "last", detail: "last and limit exclude each other; give one of them")
        }
    }

    private static func offset(
        _ name: String, in items: [(name: String, value: String)]
    ) throws(InvalidField) -> Offset? {
        guard let value = try value(of: name, in: items) else { return nil }
        guard let offset = Offset(decimal: value) else {
            throw InvalidField(
                field: name,
                detail: "\(name) is '\(quote(value))'; it takes an offset, 0 to \(LineLimits.offsetMax)")
        }
        return offset
    }

    private static func messageCount(
        _ name: String, in items: [(name: String, value: String)]
    ) throws(InvalidField) -> Int? {
        guard let value = try value(of: name, in: items) else { return nil }
        guard let number = Offset(decimal: value)?.value, number >= 1,
            number <= UInt64(ViewLimits.pageMessagesMax)
        else {
            let limit = ViewLimits.pageMessagesMax
            throw InvalidField(
                field: name, detail: "\(name) is '\(quote(value))'; it takes a number from 1 to \(limit)")
        }
        return Int(number)
    }

    private static func value(
        of name: String, in items: [(name: String, value: String)]
    ) throws(InvalidField) -> String? {
        var found: String?
        // Names are compared as bytes: `==` of strings would take other texts for equal.
        for item in items where item.name.utf8.elementsEqual(name.utf8) {
            guard found == nil else {
                throw InvalidField(field: name, detail: "\(name) is given more than once")
            }
            found = item.value
        }
        return found
    }

    private static func quote(_ value: String) -> String {
        guard value.utf8.count > ViewLimits.quotedBytesMax else { return value }
        return String(decoding: value.utf8.prefix(ViewLimits.quotedBytesMax), as: UTF8.self) + "…"
    }
}
