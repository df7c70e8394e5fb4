import LogLine
import Replication

/// How the last run of the store began and whether it ended in order.
///
/// The members of its record: `boot` (the machine's boot id), `durability` (`sync`, `interval` or `none`) and
/// `clean`. A run that answered writes before they were synced and did not end in order may have lost some of
/// them with the machine: then the history that pods remember may not be the log's, and a new epoch is due.
struct BootRecord: Equatable, Sendable {
    let bootID: String
    let durability: String
    let isClean: Bool

    private static let bootIDBytesMax = 64

    init(bootID: String, durability: Durability, isClean: Bool) {
        self.bootID = String(decoding: bootID.utf8.prefix(Self.bootIDBytesMax), as: UTF8.self)
        self.durability = durability.name
        self.isClean = isClean
    }

    /// Nil unless all members are there.
    init?(json: [UInt8]) {
        guard let reader = RecordReader(json), let bootID = reader.text("boot"),
            let durability = reader.text("durability"), let isClean = reader.truth("clean")
        else { return nil }
        self.bootID = bootID
        self.durability = durability
        self.isClean = isClean
    }

    func encode(into buffer: ByteBuffer) {
        buffer.append(",\"boot\":")
        buffer.appendJSONString(Array(bootID.utf8))
        buffer.append(",\"durability\":\"")
        buffer.append(utf8: durability)
        buffer.append(isClean ? "\",\"clean\":true" : "\",\"clean\":false")
    }

    /// Whether lines that this run acknowledged may be missing now.
    ///
    /// - Parameter now: the run that begins.
    /// - Parameter cutBytes: how much stood behind the last whole line.
    func mayHaveLostLines(now: BootRecord, cutBytes: Int) -> Bool {
        guard !isClean, durability != Durability.sync.name else { return false }
        return now.bootID != bootID || cutBytes > 0
    }
}
