/// Breaks text into rows of a terminal.
enum TextWrap {
    private static let tabCells = 4

    /// The rows of `text`, each at most `width` cells; a line feed begins a row, words stay whole where they
    /// fit. At least one row. Precondition: `width` is at least 2, so that every character fits.
    static func rows(_ text: String, width: Int) -> [ShownText] {
        precondition(width >= 2)
        let lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
        return lines.flatMap { rows(ofLine: ShownText(expanded($0)), width) }
    }

    private static func expanded(_ line: Substring) -> String {
        guard line.utf8.contains(UInt8(ascii: "\t")) else { return String(line) }
        return line.split(separator: "\t", omittingEmptySubsequences: false)
            .joined(separator: String(repeating: " ", count: tabCells))
    }

    private static func rows(ofLine line: ShownText, _ width: Int) -> [ShownText] {
        var rows = [ShownText]()
        var row = [ShownText.Cluster]()
        var used = 0
        /// Behind the row's last space.
        var breakPlace: Int?
        for cluster in line.clusters {
            let isSpace = cluster.character == " "
            // What stays of a word may be too long still, when two cells are wanted.
            while used + cluster.cells > width {
                let (head, tail) = broken(row, at: isSpace ? row.count : breakPlace)
                rows.append(ShownText(clusters: head))
                row = tail
                used = tail.reduce(0) { $0 + $1.cells }
                breakPlace = nil
                // The space at which it was broken is the break.
                if isSpace { break }
            }
            if isSpace, row.isEmpty, !rows.isEmpty { continue }
            row.append(cluster)
            used += cluster.cells
            if isSpace { breakPlace = row.count }
        }
        return rows + [ShownText(clusters: row)]
    }

    private static func broken(
        _ row: [ShownText.Cluster], at place: Int?
    ) -> (head: [ShownText.Cluster], tail: [ShownText.Cluster]) {
        guard let place, place > 0 else { return (row, []) }
        var head = Array(row[..<place])
        while head.last?.character == " " { head.removeLast() }
        // Nothing but spaces stand before the word: it is no use to break there.
        return head.isEmpty ? (row, []) : (head, Array(row[place...]))
    }
}
