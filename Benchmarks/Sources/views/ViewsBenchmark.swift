import LogLine
import Measuring
import Views

/// What a pod's memory costs per line, and what reading a million messages of it costs.
///
///     swift run -c release --package-path Benchmarks views [PART OF A NAME]
enum ViewsBenchmark {
    private static let lineCount = 1_000_000
    private static let accountCount: UInt64 = 1_000

    static func run() {
        do {
            let lines = try SampleLines(count: lineCount, channelCount: 100)
            print("\(lines.bytes.count / lineCount) bytes per line")
            measureAppend("append, 100 channels mixed", lines)
            measureAppend("append, one channel", try SampleLines(count: lineCount, channelCount: 1))
            measureReads(lines)
            let later = try SampleLines(count: lineCount, channelCount: 100, after: accountCount)
            measureChat("chat: message, no accounts", later, names: [])
            measureChat("chat: message of an account", later, names: try accountLines())
            measureAmendments(later)
        } catch {
            print("the benchmark's own input was refused: \(error)")
        }
    }

    /// With a bound of 4 MiB: trimming is part of it, new memory from the system is not.
    private static func measureAppend(_ name: String, _ lines: SampleLines) {
        let hash = ChannelHash(seed: (1, 2))
        var history = History(bytesMax: 4 << 20, hash: hash)
        var at = 0
        report(name) {
            if at == lines.scans.count {
                history = History(bytesMax: 4 << 20, hash: hash)
                at = 0
            }
            history.append(lines.line(at), scan: lines.scans[at])
            at += 1
            return lines.scans[at - 1].crc
        }
    }

    /// - Parameter names: the lines that register accounts.
    private static func measureChat(_ name: String, _ lines: SampleLines, names: [[UInt8]]) {
        var state = chat(names)
        var at = 0
        report(name) {
            if at == lines.scans.count {
                state = chat(names)
                at = 0
            }
            state.apply(UnsafeRawBufferPointer(rebasing: lines.line(at).dropLast()), lines.scans[at])
            at += 1
            return lines.scans[at - 1].crc
        }
    }

    private static func measureAmendments(_ lines: SampleLines) {
        let amendments = Amendments()
        var at = 0
        report("amendments: message") {
            at = at == lines.scans.count - 1 ? 0 : at + 1
            amendments.apply(UnsafeRawBufferPointer(rebasing: lines.line(at).dropLast()), lines.scans[at])
            return lines.scans[at].crc
        }
    }

    private static func chat(_ names: [[UInt8]]) -> ChatState {
        let state = ChatState(hash: ChannelHash(seed: (1, 2)))
        for line in names {
            line.withUnsafeBytes { bytes in
                guard let scan = try? Line.scan(bytes) else { preconditionFailure("its own line") }
                state.apply(bytes, scan)
            }
        }
        return state
    }

    /// Without newlines; the first account is the samples' author.
    private static func accountLines() throws -> [[UInt8]] {
        let state = ChatState(hash: ChannelHash(seed: (1, 2)))
        return try (1...accountCount).map { number in
            let name = Array((number == 1 ? "alice" : "account-\(number)").utf8)
            let out = ByteBuffer()
            let draft = try state.registration(name, passwordHash: Array("hash".utf8))
            _ = Line.encode(draft, offset: Offset(number), time: Timestamp(milliseconds: 0), into: out)
            return out.array.dropLast()
        }
    }

    private static func measureReads(_ lines: SampleLines) {
        let history = History(hash: ChannelHash(seed: (1, 2)))
        for at in lines.scans.indices { history.append(lines.line(at), scan: lines.scans[at]) }
        let index = history.index
        print("index: \(Double(index.indexBytes) / Double(lineCount)) bytes per message")
        report("all messages as JSON") { page(of: nil, .jsonArray, history) }
        report("all messages as NDJSON") { page(of: nil, .ndjson, history) }
        report("one channel of 100 as JSON") { page(of: Array("channel-7".utf8), .jsonArray, history) }
        var at: UInt64 = 1
        report("select 100 messages") {
            at = at % UInt64(lineCount) + 1
            let query = MessageQuery(after: Offset(at), count: .oldest(100))
            return UInt32(truncatingIfNeeded: index.select(channel: nil, query).count)
        }
        report("digest at an offset") {
            at = at % UInt64(lineCount) + 1
            return UInt32(truncatingIfNeeded: (try? history.digest(at: Offset(at)))?.value ?? 0)
        }
    }

    private static func page(
        of channel: [UInt8]?, _ format: MessagePage.Format, _ history: History
    ) -> UInt32 {
        var selection = history.index.select(channel: channel, .all)
        var page = MessagePage(format)
        let out = ByteBuffer()
        var bytes = 0
        while !selection.isEmpty {
            // Nothing is trimmed here, so nothing is missing.
            let runs = (try? selection.next(bytesMax: 65_536, linesMax: 4_096, in: history.index)) ?? []
            for run in runs {
                page.append((try? history.slices(of: run.positions)) ?? [], count: run.count, to: out)
            }
            bytes += out.count
            out.truncate(to: 0)
        }
        page.finish(to: out)
        return UInt32(truncatingIfNeeded: bytes + out.count)
    }
}

/// Message lines that follow each other, in channels drawn at random.
struct SampleLines {
    let bytes: ByteSlice
    private(set) var scans: [LineScan] = []
    private var ends: [Int] = []

    init(count: Int, channelCount: UInt64, after: UInt64 = 0) throws {
        let out = ByteBuffer(capacity: count * 240)
        let author = try Author(validating: Array("alice".utf8))
        let text = Array("Good morning everyone, the build is green again and lunch is ready".utf8)
        var random: UInt64 = 1
        for number in 1...count {
            random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let draft = Draft(
                channel: try Channel(validating: Array("channel-\((random >> 33) % channelCount)".utf8)),
                author: author, id: try MessageID(validating: Array("c7f3a0e1-\(number)".utf8)),
                body: .text(text))
            let start = out.count
            let time = Timestamp(milliseconds: 1_795_156_260_123 + Int64(number))
            _ = Line.encode(draft, offset: Offset(after + UInt64(number)), time: time, into: out)
            ends.append(out.count)
            scans.append(try Line.scan(UnsafeRawBufferPointer(rebasing: out.pointer[start..<out.count - 1])))
        }
        bytes = out.takeSlice()
    }

    func line(_ index: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes.pointer[(index == 0 ? 0 : ends[index - 1])..<ends[index]])
    }
}
