import Views

/// What FTS5's `MATCH` takes for words that must all be there: each in quotes, so that none is an operator,
/// and the last one as the beginning of a word.
///
/// Source: https://www.sqlite.org/fts5.html, "Full-text Query Syntax".
enum MatchExpression {
    /// Precondition: there are words. They hold no quotes: those are no letters.
    static func text(_ words: SearchWords) -> String {
        precondition(!words.isEmpty, "nothing to look for")
        return words.words.map { "\"\($0)\"" }.joined(separator: " AND ") + "*"
    }
}
