/// The words of a text that somebody looks for. Everything between words, be it quotes, operators or control
/// characters, only separates them: a query has no syntax.
///
/// A word is a run of letters, digits and the marks upon them, with at least one letter or digit.
public struct SearchWords: Equatable, Sendable {
    /// As they were written, in their order; the last one may be the beginning of a word.
    public let words: [String]

    public init(_ text: String) {
        var words: [String] = []
        var word = String.UnicodeScalarView()
        var hasLetter = false
        func end() {
            if hasLetter { words.append(String(word)) }
            word.removeAll(keepingCapacity: true)
            hasLetter = false
        }
        for scalar in text.unicodeScalars {
            switch Self.part(scalar) {
            case .letter:
                hasLetter = true
                word.append(scalar)
            case .mark: word.append(scalar)
            case .separator: end()
            }
        }
        end()
        self.words = words
    }

    public var isEmpty: Bool { words.isEmpty }

    /// Choose how emoji look; they belong to no word.
    public static let variationSelectors = "\u{FE0E}\u{FE0F}"

    private enum Part {
        case letter
        case mark
        case separator
    }

    private static func part(_ scalar: Unicode.Scalar) -> Part {
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
            .decimalNumber, .letterNumber, .otherNumber:
            .letter
        case .nonspacingMark, .spacingMark:
            variationSelectors.unicodeScalars.contains(scalar) ? .separator : .mark
        default: .separator
        }
    }
}
