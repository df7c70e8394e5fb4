import LogLine
import Replication

extension LogDirectory {
    /// What stands in a directory that a store is opened in.
    enum Contents: Equatable {
        /// No log: nothing, or what an interrupted creation left; it holds no line.
        case nothing
        case log(Epoch, segments: [Offset])
    }

    /// Tells a log from an interrupted creation, and both from a log that somebody took something away from.
    func examine() throws(LogError) -> Contents {
        let segments = try segments() ?? []
        if let epoch = try readEpoch() {
            guard !segments.isEmpty else {
                throw LogError(.unusable, "\(epochPath) is there, but no segment in \(segmentsPath)")
            }
            return .log(epoch, segments: segments)
        }
        for first in segments {
            let file = try open(segmentPath(first: first), .read)
            guard try file.size() == 0, first == Offset(1) else {
                throw LogError(.unusable, "\(epochPath) is missing, but \(file.path) is there")
            }
        }
        if let offset = try readNote()?.history.offset, offset > .zero {
            throw LogError(.unusable, "\(epochPath) is missing, but \(notePath) tells of \(offset) lines")
        }
        return .nothing
    }

    /// Makes an empty log. Each step is durable before the next, the epoch comes last: without one there is
    /// no log, and an interrupted creation is simply done again.
    func create(epoch: Epoch, boot: BootRecord) throws(LogError) {
        try prepare(boot: boot)
        try write(epoch: epoch)
    }

    /// Makes all of an empty log but its epoch.
    func prepare(boot: BootRecord) throws(LogError) {
        try makeDirectories(path)
        try makeDirectories(segmentsPath)
        _ = try open(segmentPath(first: Offset(1)), .create)
        try sync(directory: segmentsPath)
        try replace(notePath, with: SlotFile.newFile(SyncNote.empty.encode))
        try replace(bootPath, with: SlotFile.newFile(boot.encode))
    }

    func write(epoch: Epoch) throws(LogError) {
        try replace(epochPath, with: Array("\(epoch)\n".utf8))
    }

    /// Nil when there is none.
    func readEpoch() throws(LogError) -> Epoch? {
        guard let bytes = try contents(epochPath, bytesMax: 64) else { return nil }
        let text = String(decoding: bytes, as: UTF8.self)
        guard text.hasSuffix("\n"), let epoch = Epoch(text.dropLast()) else {
            throw LogError(.unusable, "\(epochPath) does not hold 16 hexadecimal digits and a newline")
        }
        return epoch
    }

    /// Nil when there is none that is valid.
    func readNote() throws(LogError) -> SyncNote? {
        try SlotFile.read(notePath, in: self).flatMap { SyncNote(json: $0) }
    }

    /// Nil when there is none that is valid.
    func readBoot() throws(LogError) -> BootRecord? {
        try SlotFile.read(bootPath, in: self).flatMap { BootRecord(json: $0) }
    }
}
