import LogLine
import Testing

@testable import Views

@Suite("Message queries")
struct MessageQueryTests {
    @Test("A request without parameters asks for everything")
    func empty() throws {
        #expect(try MessageQuery(queryItems: []) == .all)
    }

    @Test("Parameters are read, and unknown ones ignored")
    func reading() throws {
        let query = try MessageQuery(queryItems: [
            ("after", "5"), ("at_least", "x"), ("before", "9007199254740992"), ("limit", "10000"),
        ])
        #expect(query == MessageQuery(after: Offset(5), before: Offset(1 << 53), count: .oldest(10_000)))
    }

    @Test("limit with before alone asks for the last ones before it")
    func limitBefore() throws {
        let query = try MessageQuery(queryItems: [("limit", "3"), ("before", "9")])
        #expect(query == MessageQuery(before: Offset(9), count: .newest(3)))
    }

    @Test("last asks for the newest ones of the range")
    func last() throws {
        let query = try MessageQuery(queryItems: [("last", "1"), ("after", "9")])
        #expect(query == MessageQuery(after: Offset(9), count: .newest(1)))
    }

    @Test(
        "A value that is not a number within the bounds is refused, naming parameter, value and limit",
        arguments: [
            ("limit", "0"), ("limit", "10001"), ("limit", ""), ("limit", "-1"), ("limit", "+1"),
            ("limit", "1.0"),
            ("limit", "٣"), ("limit", "01"), ("last", "0"), ("last", "10001"),
            ("last", "99999999999999999999"),
            ("after", "x"), ("after", "-1"), ("after", "9007199254740993"), ("before", " 1"), ("before", ""),
        ])
    func refusal(name: String, value: String) throws {
        let error = try #require(throws: InvalidField.self) { try MessageQuery(queryItems: [(name, value)]) }
        #expect(error.field == name)
        #expect(error.trouble == .malformed)
        #expect(error.detail.hasPrefix("\(name) is '\(value)'; it takes "))
        #expect(error.detail.hasSuffix(["after", "before"].contains(name) ? "9007199254740992" : "10000"))
    }

    @Test("A long refused value is not repeated whole")
    func longValue() throws {
        let value = String(repeating: "9", count: 5_000)
        let error = try #require(throws: InvalidField.self) {
            try MessageQuery(queryItems: [("last", value)])
        }
        #expect(error.detail.utf8.count < 150)
    }

    @Test("last together with limit is refused")
    func exclusion() throws {
        let error = try #require(throws: InvalidField.self) {
            try MessageQuery(queryItems: [("last", "1"), ("limit", "1")])
        }
        #expect(error.field == "last")
    }

    @Test("A parameter given twice is refused, a name that only looks equal is another one")
    func repetition() throws {
        let error = try #require(throws: InvalidField.self) {
            try MessageQuery(queryItems: [("after", "1"), ("after", "1")])
        }
        #expect(error.field == "after")
        #expect(
            try MessageQuery(queryItems: [("after", "1"), ("After", "2")]) == MessageQuery(after: Offset(1)))
    }
}
