import LogLine
import Replication
import Views
import Web

/// `?q=&channel=&before=&limit=`; other parameters are ignored.
struct SearchQuery {
    let words: SearchWords
    /// Nil: all that the reader may read.
    let channel: Channel?
    let before: Offset
    let limit: Int

    init(_ items: [(name: String, value: String)]) throws(Problem) {
        let text = try Self.value("q", in: items) ?? ""
        guard (1...SearchLimits.queryBytesMax).contains(text.utf8.count) else {
            throw Problem(
                .malformed, "q has \(text.utf8.count) bytes; it takes 1 to \(SearchLimits.queryBytesMax)",
                field: "q")
        }
        words = SearchWords(text)
        channel = try Self.value("channel", in: items).map { (name) throws(Problem) in
            try Problem.from { () throws(InvalidField) in try Channel(validating: Array(name.utf8)) }
        }
        before =
            try Self.number("before", in: items, 1...LineLimits.offsetMax).map { Offset($0) }
            ?? Offset(LineLimits.offsetMax)
        limit = Int(
            try Self.number("limit", in: items, 1...UInt64(SearchLimits.resultsMax))
                ?? UInt64(SearchLimits.resultsDefault))
    }

    private static func number(
        _ name: String, in items: [(name: String, value: String)], _ range: ClosedRange<UInt64>
    ) throws(Problem) -> UInt64? {
        guard let value = try value(name, in: items) else { return nil }
        guard let number = Offset(decimal: value)?.value, range.contains(number) else {
            throw Problem(
                .malformed,
                "\(name) is '\(value.prefix(64))'; it takes \(range.lowerBound) to \(range.upperBound)",
                field: name)
        }
        return number
    }

    private static func value(
        _ name: String, in items: [(name: String, value: String)]
    ) throws(Problem) -> String? {
        let found = items.filter { $0.name.utf8.elementsEqual(name.utf8) }
        guard found.count <= 1 else {
            throw Problem(.malformed, "\(name) is given more than once", field: name)
        }
        return found.first?.value
    }
}
