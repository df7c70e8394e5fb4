import Testing
import Views

@Suite("SearchWords")
struct SearchWordsTests {
    @Test(
        "What is no letter, digit or mark only separates words",
        arguments: [
            ("blue teapot", ["blue", "teapot"]),
            ("  blue\t\n teapot ", ["blue", "teapot"]),
            ("\"blue\" OR (tea* NOT pot)", ["blue", "OR", "tea", "NOT", "pot"]),
            (
                "text:blue ^tea NEAR(a b, 3) -- '; DROP",
                ["text", "blue", "tea", "NEAR", "a", "b", "3", "DROP"]
            ),
            ("it's a-b_c", ["it", "s", "a", "b", "c"]),
            ("blue\u{0}teapot", ["blue", "teapot"]),
            ("❤\u{FE0F}heart 👍🏽", ["heart"]),
            ("नमस्ते दुनिया", ["नमस्ते", "दुनिया"]),
            ("Ελλάδα 東京 12½", ["Ελλάδα", "東京", "12½"]),
            ("\u{E000}\u{301}", []),
            ("\"*()^:-+{}", []),
            ("", []),
        ])
    func splitting(text: String, words: [String]) {
        #expect(SearchWords(text).words == words)
    }

    @Test("A mark stays with its letter, whether or not it is written by itself")
    func marks() {
        let scalars = SearchWords("cafe\u{301} noir").words.map { $0.unicodeScalars.count }
        #expect(scalars == [5, 4])
    }
}
