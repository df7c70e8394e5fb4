import LogLine

/// What an experiment has measured, row by row, and how it comes to files that other programs read.
public struct ResultTable: Sendable, Equatable {
    public enum Cell: Sendable, Equatable {
        case text(String)
        case integer(Int)
        /// With so many digits behind the point.
        case number(Double, digits: Int)
        /// It could not be measured.
        case missing

        /// As people read it; empty when it is missing.
        public var text: String {
            switch self {
            case .text(let text): text
            case .integer(let value): String(value)
            case .number(let value, let digits): FixedPoint.text(value, digits: digits)
            case .missing: ""
            }
        }
    }

    public let columns: [String]
    public private(set) var rows: [[Cell]] = []

    /// - Parameter columns: lower case with underscores, the unit last.
    public init(columns: [String]) { self.columns = columns }

    public mutating func add(_ row: [Cell]) {
        precondition(row.count == columns.count, "a row has \(row.count) of \(columns.count) cells")
        rows.append(row)
    }

    /// The numbers of a column; nil where there is none.
    public func values(of column: String) -> [Double?] {
        guard let index = columns.firstIndex(of: column) else { return [] }
        return rows.map { row in
            switch row[index] {
            case .integer(let value): Double(value)
            case .number(let value, _): value
            case .text, .missing: nil
            }
        }
    }

    /// The rows that have this text in a column.
    public func rows(where column: String, is text: String) -> ResultTable {
        var found = ResultTable(columns: columns)
        let index = columns.firstIndex(of: column)
        found.rows = rows.filter { row in index.map { row[$0] == .text(text) } ?? false }
        return found
    }

    /// RFC 4180, with a header line; lines end with a newline alone.
    public var csv: String {
        ([columns] + rows.map { $0.map(\.text) }).map { row in
            row.map(ResultTable.quoted).joined(separator: ",") + "\n"
        }.joined()
    }

    private static func quoted(_ text: String) -> String {
        guard text.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return text }
        return "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
            + "\""
    }

    /// `{"about":{…},"rows":[{column: value}]}`, a row a line; what is missing is null.
    /// - Parameter about: how it was measured.
    public func json(about: [(name: String, value: String)]) -> String {
        let buffer = ByteBuffer()
        buffer.append("{\"about\":{")
        for (index, entry) in about.enumerated() {
            if index > 0 { buffer.append(",") }
            ResultTable.append(member: entry.name, to: buffer)
            buffer.appendJSONString(Array(entry.value.utf8))
        }
        buffer.append("},\n\"rows\":[")
        for (index, row) in rows.enumerated() {
            buffer.append(index > 0 ? ",\n{" : "\n{")
            append(row, to: buffer)
            buffer.append("}")
        }
        buffer.append("\n]}\n")
        return buffer.text
    }

    private func append(_ row: [Cell], to buffer: ByteBuffer) {
        for (index, cell) in row.enumerated() {
            if index > 0 { buffer.append(",") }
            ResultTable.append(member: columns[index], to: buffer)
            switch cell {
            case .text(let text): buffer.appendJSONString(Array(text.utf8))
            case .integer, .number: buffer.append(utf8: cell.text == "-" ? "null" : cell.text)
            case .missing: buffer.append("null")
            }
        }
    }

    private static func append(member name: String, to buffer: ByteBuffer) {
        buffer.appendJSONString(Array(name.utf8))
        buffer.append(":")
    }

    /// Rows below each other for a terminal, with their columns' names.
    public var aligned: [String] {
        let texts = [columns] + rows.map { $0.map { $0.text.isEmpty ? "-" : $0.text } }
        let widths = columns.indices.map { column in texts.map { $0[column].count }.max() ?? 0 }
        return texts.map { row in
            zip(row, widths).map { String(repeating: " ", count: $1 - $0.count) + $0 }.joined(separator: "  ")
        }
    }
}
