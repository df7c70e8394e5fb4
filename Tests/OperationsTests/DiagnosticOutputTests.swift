import Glibc
import Testing
import Threads

@testable import Operations

@Suite("The output of the diagnostic log")
struct DiagnosticOutputTests {
    @Test("A full pipe loses lines instead of time, and the next line that gets through says how many")
    func fullPipe() throws {
        let pipe = try Pipe()
        let log = pipe.log
        let held = pipe.fill()
        for _ in 0..<3 { log.info("never seen") }
        #expect(log.output.lostCount == 3)
        #expect(pipe.read().count == held)

        log.info("back")
        let lines = pipe.text.split(separator: "\n").map { $0.dropFirst(25) }
        let expected = ["warn  s: lines were lost: stderr could not take them count=3", "info  s: back"]
        #expect(lines.map(String.init) == expected)
        log.info("on")
        #expect(pipe.text.hasSuffix(": on\n"))
        #expect(log.output.lostCount == 3)
    }

    @Test("The longest line never blocks on a pipe with the least room that it calls writable")
    func longestLine() throws {
        let pipe = try Pipe()
        let log = pipe.log
        let value = DiagnosticValue.text(String(repeating: "v", count: DiagnosticLog.valueBytesMax))
        for _ in 0..<1000 { log.info("long", ["a": value, "b": value, "c": value]) }
        #expect(log.output.lostCount > 900)
        #expect(pipe.read().count <= pipe.capacity)
    }

    @Test("Lines for a reader that is gone, or for a closed descriptor, are lost")
    func nobodyThere() throws {
        let pipe = try Pipe()
        pipe.closeReading()
        pipe.log.info("nobody reads")
        #expect(pipe.output.lostCount == 1)
        let closed = DiagnosticOutput(descriptor: -1)
        closed.write([0x0A]) { _ in [] }
        #expect(closed.lostCount == 1)
    }

    @Test("What could not be told of a loss is told later, with the lines lost meanwhile")
    func untoldLoss() {
        let sink = Sink(answers: [false, false, true, true, false, true])
        let output = DiagnosticOutput(send: sink.send)
        for number in 1...6 { sink.write("\(number)", to: output) }
        #expect(sink.taken == ["lost 2\n3", "4", "lost 1\n6"])
        #expect(output.lostCount == 3)
    }

    @Test("Beside a line that is too long for both in one piece, the loss is told in a piece of its own")
    func longLineAfterLoss() {
        let long = String(repeating: "l", count: DiagnosticLog.lineBytesMax)
        let sink = Sink(answers: [false, false, true, false, true, true])
        let output = DiagnosticOutput(send: sink.send)
        for _ in 0..<4 { sink.write(long, to: output) }
        #expect(sink.taken == ["lost 2\n", "lost 1\n", long])
        #expect(output.lostCount == 3)
    }
}

/// Takes lines or not, as it was told.
private final class Sink: Sendable {
    private let state: Protected<(answers: ArraySlice<Bool>, taken: [String])>

    init(answers: [Bool]) { state = Protected((answers[...], [])) }

    var taken: [String] { state.withLock { $0.taken } }

    func write(_ line: String, to output: DiagnosticOutput) {
        output.write(Array(line.utf8)) { Array("lost \($0)\n".utf8) }
    }

    func send(_ line: [UInt8]) -> Bool {
        state.withLock { state in
            guard state.answers.removeFirst() else { return false }
            state.taken.append(String(decoding: line, as: UTF8.self))
            return true
        }
    }
}

/// A pipe of one page that nobody reads unless told to.
private final class Pipe {
    let capacity: Int
    let output: DiagnosticOutput
    private var reading: Int32
    private let writing: Int32

    init() throws {
        var ends: [Int32] = [-1, -1]
        try #require(pipe(&ends) == 0)
        (reading, writing) = (ends[0], ends[1])
        // F_SETPIPE_SZ (fcntl(2)), which Swift does not import.
        capacity = Int(fcntl(writing, 1031, 4096))
        try #require(capacity == 4096)
        output = DiagnosticOutput(descriptor: writing)
        _ = fcntl(reading, F_SETFL, O_NONBLOCK)
    }

    deinit {
        closeReading()
        close(writing)
    }

    var log: DiagnosticLog {
        DiagnosticLog(
            service: "s", level: .info, format: .text, output: output,
            now: { timespec(tv_sec: 0, tv_nsec: 0) })
    }

    var text: String { String(decoding: read(), as: UTF8.self) }

    /// Writes as much as it takes.
    func fill() -> Int { write(writing, [UInt8](repeating: 0x78, count: capacity), capacity) }

    func read() -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: capacity)
        let count = Glibc.read(reading, &bytes, bytes.count)
        return Array(bytes.prefix(max(count, 0)))
    }

    func closeReading() {
        if reading >= 0 { close(reading) }
        reading = -1
    }
}
