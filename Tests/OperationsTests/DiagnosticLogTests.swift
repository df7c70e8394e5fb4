import Glibc
import Testing
import Threads

@testable import Operations

@Suite("The diagnostic log")
struct DiagnosticLogTests {
    @Test("A text line has time, level, service, message and fields")
    func textLine() {
        let lines = Lines()
        lines.log(.info, .text).info("listening", ["host": "::1", "port": 8100, "tls": false])
        let expected =
            "2026-11-20T06:31:00.123Z info  replication-log: listening host=::1 port=8100 tls=false\n"
        #expect(lines.text == expected)
    }

    @Test("A JSON line has the same")
    func jsonLine() {
        let lines = Lines()
        lines.log(.info, .json).error("failed", ["file": "a \"b\"", "bytes": 12, "ok": true])
        let expected =
            #"{"time":"2026-11-20T06:31:00.123Z","level":"error","service":"replication-log""#
            + #","message":"failed","file":"a \"b\"","bytes":12,"ok":true}"# + "\n"
        #expect(lines.text == expected)
    }

    @Test("Levels below the wanted one are not written, and their message is not even made")
    func levels() {
        let lines = Lines()
        let log = lines.log(.warning, .text)
        log.debug(Self.mustNotBeMade())
        log.info(Self.mustNotBeMade())
        log.warning("w")
        log.error("e")
        #expect(lines.text.split(separator: "\n").map { $0.dropFirst(25).prefix(5) } == ["warn ", "error"])
    }

    @Test("A value with spaces, quotes or nothing in it is quoted")
    func quoting() {
        let lines = Lines()
        lines.log(.info, .text).info("x", ["a": "", "b": "1 2", "c": "q\"\\", "d": "k=v", "e": "ü"])
        #expect(lines.text.hasSuffix(#": x a="" b="1 2" c="q\"\\" d="k=v" e="ü""# + "\n"))
    }

    @Test(
        "No value can break its line, forge another or steer a terminal",
        arguments: DiagnosticLog.Format.allCases)
    func hostileValues(format: DiagnosticLog.Format) {
        let hostile: [[UInt8]] = [
            Array("x\n2026-01-01T00:00:00.000Z info  forged: y".utf8), Array("\u{1B}[2J\r\u{7F}".utf8),
            Array("\u{9B}31m\u{85}\u{2028}\u{2029}\u{202E}\u{200F}".utf8), [0xFF, 0x0A, 0xC0, 0x80, 0x9B],
            Array("\"} , {\"level\":\"error".utf8),
        ]
        for bytes in hostile {
            let lines = Lines()
            lines.log(.info, format).info("m", ["channel": .bytes(bytes)])
            let written = lines.bytes
            #expect(written.last == 0x0A && !written.dropLast().contains { $0 < 0x20 || $0 == 0x7F })
            let text = String(validating: written, as: UTF8.self)
            #expect(text != nil)
            let unsafe: [Unicode.Scalar] = [
                "\u{9B}", "\u{85}", "\u{2028}", "\u{2029}", "\u{202E}", "\u{200F}",
            ]
            #expect(text?.unicodeScalars.contains { unsafe.contains($0) } == false)
        }
    }

    @Test("Bytes that are not UTF-8 are shown one by one")
    func invalidBytes() {
        let lines = Lines()
        lines.log(.info, .text).info("m", ["channel": .bytes([0x61, 0xFF, 0x0A, 0x22])])
        #expect(lines.text.hasSuffix(#"channel="a\xff\x0a\x22""# + "\n"))
    }

    @Test("A scalar beyond the basic plane is escaped as a surrogate pair in JSON")
    func surrogates() {
        let lines = Lines()
        lines.log(.info, .json).info("m", ["tag": "\u{E0041}"])
        #expect(lines.text.contains(#""tag":"\udb40\udc41""#))
    }

    @Test("A long value is cut at a character's end")
    func cutting() {
        for prefix in 0..<4 {
            let lines = Lines()
            let value = String(repeating: "a", count: prefix) + String(repeating: "€", count: 1000)
            lines.log(.info, .text).info("m", ["v": .text(value)])
            #expect(lines.text.contains("…") && lines.text.utf8.count < DiagnosticLog.valueBytesMax + 100)
            #expect(!lines.text.contains("\\x"))
        }
    }

    @Test(
        "A line never has more than 4096 bytes, and one that was cut says so",
        arguments: DiagnosticLog.Format.allCases)
    func longLines(format: DiagnosticLog.Format) {
        let lines = Lines()
        let long = String(repeating: "\u{1}", count: 2000)
        let value = String(repeating: "v", count: 900)
        lines.log(.info, format).info(
            long, ["a": .text(value), "b": .text(long), "c": .text(value), "d": .text(value), "e": 7])
        #expect(lines.bytes.count <= DiagnosticLog.lineBytesMax && lines.bytes.last == 0x0A)
        #expect(lines.text.contains("…"))
        switch format {
        case .text: #expect(lines.text.hasSuffix("v e=7 cut=true\n"))
        case .json: #expect(lines.text.hasSuffix(#"v","e":7,"cut":true}"# + "\n"))
        }
    }

    @Test("Times are written with all their digits")
    func times() {
        var out: [UInt8] = []
        DiagnosticLine.appendTime(timespec(tv_sec: 0, tv_nsec: 999_999), to: &out)
        DiagnosticLine.appendTime(timespec(tv_sec: 951_782_400, tv_nsec: 7_000_000), to: &out)
        #expect(String(decoding: out, as: UTF8.self) == "1970-01-01T00:00:00.000Z2000-02-29T00:00:00.007Z")
    }

    @Test("Values are made from numbers and anything with a description")
    func values() {
        let lines = Lines()
        let big = DiagnosticValue(UInt64.max)
        lines.log(.info, .text).info(
            "m", ["a": big, "b": DiagnosticValue(Duration.seconds(1)), "c": "\(1 + 1)"])
        #expect(lines.text.hasSuffix(": m a=9223372036854775807 b=\"1.0 seconds\" c=2\n"))
    }

    private static func mustNotBeMade() -> String {
        Issue.record("made a message that is not written")
        return ""
    }
}

@Suite("The gate for repeated warnings")
struct RepetitionGateTests {
    @Test("One is let through per interval and key, with the number of the others")
    func suppression() {
        let gate = RepetitionGate(interval: .seconds(10))
        let start = ContinuousClock.now
        #expect(gate.admit("a", at: start) == 0)
        for second in 1...9 { #expect(gate.admit("a", at: start + .seconds(second)) == nil) }
        #expect(gate.admit("b", at: start + .seconds(9)) == 0)
        #expect(gate.admit("a", at: start + .seconds(10)) == 9)
        #expect(gate.admit("a", at: start + .seconds(11)) == nil)
        #expect(RepetitionGate.note(9) == " (suppressed 9 similar)" && RepetitionGate.note(0).isEmpty)
    }

    @Test("It forgets all keys rather than remember too many")
    func bound() {
        let gate = RepetitionGate(interval: .seconds(10))
        let start = ContinuousClock.now
        for key in 0..<RepetitionGate.keysMax { #expect(gate.admit("\(key)", at: start) == 0) }
        #expect(gate.admit("0", at: start) == nil)
        #expect(gate.admit("one more", at: start) == 0)
        #expect(gate.admit("0", at: start) == 0)
    }
}

/// Collects what a log writes.
private final class Lines: Sendable {
    private let written = Protected<[UInt8]>([])

    var bytes: [UInt8] { written.withLock { $0 } }
    var text: String { String(decoding: bytes, as: UTF8.self) }

    /// A log whose clock stands at 2026-11-20T06:31:00.123Z.
    func log(_ level: DiagnosticLog.Level, _ format: DiagnosticLog.Format) -> DiagnosticLog {
        DiagnosticLog(
            service: "replication-log", level: level, format: format,
            output: DiagnosticOutput { line in
                self.written.withLock { $0 += line }
                return true
            },
            now: { timespec(tv_sec: 1_795_156_260, tv_nsec: 123_456_789) })
    }
}
