import LogLine
import Replication
import TestSupport
import Testing

@testable import Views

@Suite("Keys and values")
struct KeyValueTests {
    @Test("A value is there as it was written, with its line's offset and time, until it is deleted")
    func putAndDelete() throws {
        let log = KeyValueLog()
        #expect(try log.value("color") == nil)
        try log.put("color", #"{"hue":[1.50e3,null]}"#)
        let found = try #require(log.keys[log.name("color")])
        #expect(found.value == bytes(#"{"hue":[1.50e3,null]}"#) && found.offset == Offset(1))
        #expect(found.time.milliseconds == 1_795_156_260_001)
        try log.put("color", "2")
        #expect(try log.value("color") == "2" && log.keys.count == 1)
        try log.delete("color")
        #expect(try log.value("color") == nil && log.keys.count == 0)
        #expect(try log.keys.newestOffset(of: log.name("color")) == Offset(3))
    }

    @Test("Of each line it is known whether it gave its key a value that had none")
    func creations() throws {
        let log = KeyValueLog()
        try log.put("k", "1")
        try log.put("k", "2")
        try log.put("other", "3")
        try log.delete("k")
        try log.put("k", "4")
        try log.write("[]", key: "kv:malformed")
        try log.add(1, to: "k")
        let found = (1...8).map { log.keys.isCreation(at: Offset($0)) }
        #expect(found == [true, false, true, false, true, false, nil, nil])
    }

    @Test("Lines of keys and counters are the documented ones")
    func golden() throws {
        let log = KeyValueLog()
        try log.put("a\"b", "[1]")
        try log.delete("a\"b")
        try log.add(-2, to: "hits")
        let wanted = [
            #""channel":"$kv","kind":"kv","key":"kv:a\"b","data":{"value":[1]},"#,
            #""channel":"$kv","kind":"kv","key":"kv:a\"b","data":{"deleted":true},"#,
            #""channel":"$kv","kind":"counter","data":{"name":"hits","add":-2},"#,
        ]
        for (line, part) in zip(log.lines, wanted) {
            #expect(String(decoding: line, as: UTF8.self).contains(part))
        }
    }

    @Test("A condition that holds becomes what the log is to expect; one that does not names the newest line")
    func conditions() throws {
        let log = KeyValueLog()
        let key = try log.name("k").key
        try log.put("k", "1", if: .absent)
        #expect(refusal { try log.draft("k", "2", if: .absent) } == .moved(key, Offset(1)))
        #expect(try log.draft("k", "2", if: .exists).expectations == [.init(key: key, offset: Offset(1))])
        try log.put("k", "2", if: .offset(Offset(1)))
        #expect(refusal { try log.draft("k", "3", if: .offset(Offset(1))) } == .moved(key, Offset(2)))
        try log.delete("k", if: .offset(Offset(2)))
        #expect(refusal { try log.draft("k", "3", if: .exists) } == .moved(key, Offset(3)))
        #expect(refusal { try log.delete("k") } == .noSuchKey(bytes("k")))
        try log.put("k", "4", if: .absent)
        #expect(try log.value("k") == "4")
    }

    @Test("Of two writes that rely on the same line the log takes the first, and names the newest line")
    func race() throws {
        let log = KeyValueLog()
        let first = try log.put("k", "1")
        let drafts = try ["2", "3"].map { try log.draft("k", $0, if: .offset(first)) }
        try log.append(drafts[0])
        let newest = Draft.Expectation(key: try log.name("k").key, offset: Offset(2))
        #expect(log.admit(drafts[1]) == .refused(.expectationsUnmet([newest])))
    }

    @Test("A condition on a line that is not known here is the log's to judge, once")
    func ahead() throws {
        let log = KeyValueLog()
        let name = try log.name("k")
        func put(hasAsked: Bool) throws -> Draft {
            try log.keys.put(
                name, bytes("1"), if: .offset(Offset(9)), hasAsked: hasAsked, by: log.writer())
        }
        #expect(try put(hasAsked: false).expectations == [.init(key: name.key, offset: Offset(9))])
        #expect(refusal { try put(hasAsked: true) } == .moved(name.key, .zero))
    }

    @Test("Any line with the key moves it, whatever it is, and leaves the value")
    func strayLines() throws {
        let log = KeyValueLog()
        try log.put("k", "1")
        try log.write("1", kind: "note", key: "kv:k", in: "tea")
        try log.append(
            Draft(
                channel: try Channel(validating: bytes("tea")), key: try log.name("k").key,
                body: .text(bytes("hello"))))
        let found = try #require(log.keys[log.name("k")])
        #expect(found.offset == Offset(3) && found.value == bytes("1") && log.keys.skippedLines == 0)
        try log.put("k", "2", if: .offset(Offset(3)))
        #expect(try log.value("k") == "2")
    }

    @Test(
        "A line that makes no sense is counted, changes no value, and still moves its key",
        arguments: [
            "1", "{}", #"{"deleted":false}"#, #"{"deleted":1}"#, #"{"value":1,"deleted":true}"#,
            #"{"value":""# + String(repeating: "x", count: 65_535) + #""}"#,
        ])
    func malformed(json: String) throws {
        let log = KeyValueLog()
        try log.put("k", "1")
        try log.write(json, key: "kv:k")
        #expect(try log.value("k") == "1" && log.keys.skippedLines == 1)
        #expect(try log.keys.newestOffset(of: log.name("k")) == Offset(2))
    }

    @Test(
        "A line about a name that is none is counted or passed over",
        arguments: [
            ("kv", nil), ("kv", "other:k"), ("kv", "kv:"), ("kv", "kv:a/b"),
            ("kv", "kv:" + String(repeating: "x", count: 129)),
        ])
    func badNames(kind: String, key: String?) throws {
        let log = KeyValueLog()
        try log.write(#"{"value":1}"#, kind: kind, key: key)
        #expect(log.keys.count == 0 && log.keys.skippedLines == 1 && log.names() == [])
    }

    @Test("Members of the data and kinds that are not known are passed over")
    func unknown() throws {
        let log = KeyValueLog()
        try log.write(#"{"later":[],"value":7}"#, key: "kv:k")
        try log.write(#"{"value":8}"#, kind: "later")
        #expect(try log.value("k") == "7" && log.keys.skippedLines == 0)
    }

    @Test("Keys are listed in the order of their bytes, by prefix and page, without deleted ones")
    func listing() throws {
        let log = KeyValueLog()
        for name in ["b", "a", "ab", "a\u{7A}", "é", "e\u{301}", "Z", "ac"] { try log.put(name, "1") }
        try log.delete("ac")
        #expect(log.names() == ["Z", "a", "ab", "az", "b", "e\u{301}", "é"])
        #expect(log.names(prefix: "a") == ["a", "ab", "az"])
        #expect(log.names(prefix: "a", after: "ab") == ["az"])
        #expect(log.names(prefix: "a", after: "Z", limit: 2) == ["a", "ab"])
        #expect(log.names(prefix: "a", after: "b") == [] && log.names(prefix: "zz") == [])
        #expect(log.keys.page(prefix: bytes("a"), after: nil, limit: 2).next == bytes("ab"))
        #expect(log.keys.page(prefix: bytes("a"), after: nil, limit: 4).next == nil)
        #expect(log.keys.page(prefix: bytes("a1"), after: nil, limit: 4).items.isEmpty)
    }

    @Test("A prefix does not reach from a name into its value")
    func prefixOfValue() throws {
        let log = KeyValueLog()
        try log.put("k", "123")
        #expect(log.names(prefix: "k1") == [])
    }

    @Test("A page ends with the key that reaches 1 MiB of values, and says where to go on")
    func pageBytes() throws {
        let log = KeyValueLog()
        let value = "\"" + String(repeating: "x", count: 65_000) + "\""
        for number in 10..<30 { try log.put("k\(number)", value) }
        let page = log.keys.page(prefix: [], after: nil, limit: 1000)
        #expect(page.items.count == 17 && page.next == bytes("k26"))
        #expect(log.names(after: "k26") == ["k27", "k28", "k29"])
    }

    @Test("A page does not look at more deleted keys than its bound")
    func pageRows() throws {
        let log = KeyValueLog()
        for number in 10_000..<26_390 { try log.write(#"{"deleted":true}"#, key: "kv:k\(number)") }
        try log.put("z", "1")
        let page = log.keys.page(prefix: [], after: nil, limit: 1)
        #expect(page.items.isEmpty && page.next == bytes("k26383"))
        #expect(log.names(after: "k26383") == ["z"])
    }

    @Test("Whatever is written in whatever order, keys are those of a plain dictionary", arguments: 0..<4)
    func oracle(seed: UInt64) throws {
        let log = KeyValueLog()
        var random = SplitMix64(seed: seed)
        var expected: [String: (value: String, offset: Offset)] = [:]
        for step in 0..<3000 {
            let name = "\(["a", "b", "ünï"][random.below(3)])\(random.below(700))"
            if expected[name] != nil, random.below(4) == 0 {
                try log.delete(name)
                expected[name] = nil
            } else {
                expected[name] = ("\(step)", try log.put(name, "\(step)"))
            }
        }
        let sorted = expected.keys.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
        let isListedInOrder = log.names(limit: 5000) == sorted
        #expect(isListedInOrder, "seed \(seed)")
        #expect(log.keys.count == expected.count)
        for (name, wanted) in expected {
            let found = try log.keys[log.name(name)]
            #expect(found?.value == bytes(wanted.value) && found?.offset == wanted.offset, "seed \(seed)")
        }
        let again = KeyValues()
        for line in log.lines { log.feed(line, to: again) }
        let isTheSameAgain =
            again.page(prefix: [], after: nil, limit: 5000).items
            == log.keys.page(prefix: [], after: nil, limit: 5000).items
        #expect(isTheSameAgain, "seed \(seed)")
        // An array has what room the allocator gives it, which differs by some bytes from time to time.
        let difference = abs(again.memoryBytes - log.keys.memoryBytes)
        #expect(difference <= log.keys.memoryBytes / 100, "seed \(seed)")
    }

    @Test("Names in ascending order fill their chunks, others fill them at least by half")
    func chunks() throws {
        let ascending = KeyValueLog()
        for number in 10_000..<12_000 { try ascending.put("\(number)", "1") }
        let descending = KeyValueLog()
        for number in (10_000..<12_000).reversed() { try descending.put("\(number)", "1") }
        #expect(ascending.names().count == 1000 && descending.names() == ascending.names())
        #expect(ascending.keys.memoryBytes < 2000 * 130)
        #expect(descending.keys.memoryBytes < 2000 * 180)
    }
}
