/// Text that a terminal may be given: whatever it was made of, it holds nothing that a terminal obeys.
///
/// Control characters (C0, DEL, C1: the beginnings of all escape sequences), line and paragraph separators
/// and what turns the direction of writing around are shown as `\u{…}`; of the marks on one character the
/// first `marksMax` stay. There is no other way to make one, and the screen is made of nothing else.
public struct ShownText: Equatable, Sendable {
    /// One character as people see it, with its cells: 2 at most.
    struct Cluster: Equatable, Sendable {
        let character: Character
        let cells: Int
    }

    /// Of a cluster.
    private static let cellsMax = 2
    /// More would be drawn over the lines above and below.
    static let marksMax = 8

    let clusters: [Cluster]
    /// Of all clusters.
    public let cells: Int

    public init(_ text: some StringProtocol) {
        self.init(clusters: ShownText.clean(text).flatMap(ShownText.clusters))
    }

    init(clusters: [Cluster]) {
        self.clusters = clusters
        cells = clusters.reduce(0) { $0 + $1.cells }
    }

    public var text: String { String(clusters.map(\.character)) }

    /// Cut to `width` cells; what is cut off leaves an ellipsis.
    func cut(to width: Int) -> ShownText {
        guard cells > width else { return self }
        var kept = [Cluster]()
        var used = 0
        for cluster in clusters where width > 0 {
            guard used + cluster.cells < width else { break }
            kept.append(cluster)
            used += cluster.cells
        }
        if width > 0 { kept.append(Cluster(character: "…", cells: 1)) }
        return ShownText(clusters: kept)
    }

    static func + (left: ShownText, right: ShownText) -> ShownText {
        ShownText(clusters: left.clusters + right.clusters)
    }

    // MARK: Cleaning

    private static func clean(_ text: some StringProtocol) -> String {
        var cleaned = String.UnicodeScalarView()
        var marks = 0
        for scalar in text.unicodeScalars {
            guard !isHarmful(scalar) else {
                cleaned.append(contentsOf: "\\u{\(String(scalar.value, radix: 16))}".unicodeScalars)
                marks = 0
                continue
            }
            marks = ScalarWidth.cells(of: scalar) == 0 ? marks + 1 : 0
            if marks <= marksMax { cleaned.append(scalar) }
        }
        return String(cleaned)
    }

    /// Cc, Zl, Zp, and the controls of bidirectional text (UAX 9, 2.1 to 2.4; U+200E, U+200F and U+061C mark
    /// only their own place).
    private static func isHarmful(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x202A...0x202E, 0x2066...0x206F, 0xFFF9...0xFFFB: return true
        default: break
        }
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: return true
        default: return false
        }
    }

    /// Emoji sequences (joined, with a skin, with U+FE0F) are one picture of two cells; all else is the sum.
    /// What would be wider (joiners and viramas make one character of any number of letters) is taken apart,
    /// so that every cluster fits into every row.
    private static func clusters(_ character: Character) -> [Cluster] {
        let scalars = character.unicodeScalars
        let widths = scalars.map(ScalarWidth.cells)
        let isPicture = widths.first == 2 || scalars.contains { $0.value == 0xFE0F }
        let cells = isPicture ? 2 : widths.reduce(0, +)
        guard cells > cellsMax else { return [Cluster(character: character, cells: cells)] }
        return zip(scalars, widths).map { Cluster(character: Character($0), cells: $1) }
    }
}
