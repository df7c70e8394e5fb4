import LogLine
import Replication
import TestSupport

@testable import SegmentStore

/// Logs in memory, made line by line, for tests that look at single bytes.
struct LogBuilder {
    let files = ForgetfulFiles()
    let failing: FailingFiles
    var options = StoreOptions()
    private(set) var lines: [[UInt8]] = []
    private var maker = LineMaker()

    init() { failing = FailingFiles(files) }

    static let epochPath = "/log/epoch"
    static let notePath = "/log/synced"
    static let bootPath = "/log/boot"

    static func segmentPath(_ first: Int) -> String {
        "/log/segments/\(LogDirectory.segmentName(first: Offset(UInt64(first))))"
    }

    /// Opens the log, with epoch 9 when a new one is due.
    func open(bootID: String = "boot-1") throws(LogError) -> WriterRun {
        try WriterRun(failing, options: options, bootID: bootID, epoch: lines.isEmpty ? 1 : 9)
    }

    /// The outcome's error code; nil when the log opens.
    func refusal() -> LogError? {
        do throws(LogError) {
            _ = try open()
            return nil
        } catch {
            return error
        }
    }

    /// Appends lines, each a group of its own.
    mutating func append(_ count: Int, to run: WriterRun) {
        for _ in 0..<count {
            let line = maker.next()
            var group = WriteGroup()
            group.add(ByteSlice(line), through: maker.offset)
            guard case .durable = run.writer.commit(group) else { return }
            lines.append(line)
        }
    }

    /// A log of `count` lines with `perSegment` lines in a segment, closed in order unless it is killed.
    static func log(
        lines count: Int, perSegment: Int = .max, isKilled: Bool = false, durability: Durability = .sync
    ) throws -> LogBuilder {
        var builder = LogBuilder()
        builder.options.durability = durability
        if perSegment < count { builder.options.segmentBytesMax = perSegment * lineBytes }
        let run = try builder.open()
        builder.append(count, to: run)
        if !isKilled { try run.writer.close() }
        builder.files.kill()
        return builder
    }

    /// Of a line that `append` makes.
    static let lineBytes: Int = {
        var maker = LineMaker()
        return maker.next().count
    }()

    var bytes: [UInt8] { lines.flatMap { $0 } }
}

extension WriterRun {
    var recoveredBytes: [UInt8] { recovered.flatMap { $0 } }
}
