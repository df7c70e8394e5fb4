import LogLine
import Replication
import Threads

/// Makes a log of lines that come from elsewhere, in any pieces.
///
/// The new log has an epoch of its own, written last: until `finish` returns there is no log, and a directory
/// with the lines of an interrupted import is refused by everybody.
///
/// One owner; blocks on the disk.
public final class LogImporter {
    private let directory: LogDirectory
    private let lock: DirectoryLock
    private let epoch: Epoch
    private let writer: SegmentWriter
    private let rest = ByteBuffer()
    private let lines = ByteBuffer()
    private var head = Offset.zero
    private var time = Timestamp(milliseconds: .min)
    private var history = HistoryPoint.zero

    /// - Parameter path: of a directory without a log.
    /// - Throws: `unusable` when there is a log, or a part of one.
    public init(
        directory path: String, segmentBytesMax: Int = StoreOptions().segmentBytesMax,
        files: any FilePort = SystemFiles(), newEpoch: Epoch
    ) throws(LogError) {
        directory = LogDirectory(path, files: files)
        if try directory.list(path) == nil { try directory.makeDirectories(path) }
        lock = try DirectoryLock.acquire(directory)
        guard try directory.examine() == .nothing else {
            throw LogError(.unusable, "\(path) holds a log already")
        }
        let boot = BootRecord(bootID: "", durability: .none, isClean: true)
        try directory.prepare(boot: boot)
        epoch = newEpoch
        let options = StoreOptions(durability: .none, segmentBytesMax: segmentBytesMax)
        writer = SegmentWriter(
            try WriterStart(empty: directory, boot: boot), options: options, now: { SystemClock.monotonic })
    }

    /// Takes the next bytes of the stream; they may end inside a line.
    ///
    /// - Throws: `damaged` when a line is not strictly one (`Line.parse`) or does not continue those before
    ///   it.
    public func append(_ bytes: UnsafeRawBufferPointer) throws(LogError) {
        rest.append(bytes)
        var splitter = LineSplitter(rest.pointer)
        while let line = splitter.next() { try take(UnsafeRawBufferPointer(rebasing: rest.pointer[line])) }
        rest.consume(splitter.consumed)
        guard rest.count < LineLimits.lineBytesMax else { throw refusal("it has no end") }
        if lines.count >= Self.groupBytes { try write() }
    }

    /// Makes everything durable and the directory a log.
    public func finish() throws(LogError) -> (position: Position, digest: Digest) {
        guard rest.isEmpty else { throw refusal("the stream ends inside of it") }
        try write()
        try writer.close()
        try directory.write(epoch: epoch)
        return (Position(epoch: epoch, offset: head), history.digest)
    }

    private static let groupBytes = 1 << 20

    private func take(_ bytes: UnsafeRawBufferPointer) throws(LogError) {
        let line: ParsedLine
        do { line = try Line.parse(bytes) } catch { throw refusal("\(error)") }
        guard line.offset == head.next else { throw refusal("its offset is \(line.offset)") }
        guard line.time >= time else { throw refusal("its time is before that of the line before it") }
        head = line.offset
        time = line.time
        history = HistoryPoint(offset: head, digest: history.digest.adding(crc: line.crc))
        lines.append(bytes)
        lines.append(UInt8(ascii: "\n"))
    }

    private func write() throws(LogError) {
        guard !lines.isEmpty else { return }
        var group = WriteGroup()
        group.add(lines.takeSlice(), through: head)
        switch writer.commit(group) {
        case .durable: return
        case .refused(_, let error), .failed(let error): throw error
        }
    }

    private func refusal(_ detail: String) -> LogError {
        LogError(.damaged, "line \(head.next) of the stream: \(detail)")
    }
}

extension WriterStart {
    /// Of a log that was just made.
    fileprivate init(empty directory: LogDirectory, boot: BootRecord) throws(LogError) {
        guard let note = try SlotFile.open(directory.notePath, in: directory),
            let bootFile = try SlotFile.open(directory.bootPath, in: directory)
        else { throw LogError(.ioError, "\(directory.path) does not read as it was written") }
        let first = Offset(1)
        let segment = SegmentTable.Segment(first: first, start: 0, bytes: 0)
        self.init(
            directory: directory, table: SegmentTable(directory: directory, segments: [segment]), note: note,
            boot: bootFile, bootRecord: boot, segment: first,
            file: try directory.open(directory.segmentPath(first: first), .update), bytes: 0, history: .zero)
    }
}
