import Crypto
import LogLine
import Replication
import Views

/// Rebuilds what the service remembers of the log while recovery reads it.
final class IndexRebuilder {
    let index: LogIndex
    let amendments = Amendments()
    private(set) var settings = ClusterSettings()
    private(set) var sequencer: Sequencer
    private(set) var redactedCount = 0

    init(idEntriesMax: Int) {
        index = LogIndex(hash: ChannelHash(seed: (SecureRandom.uint64(), SecureRandom.uint64())))
        var limits = SequencerLimits()
        limits.idEntriesMax = idEntriesMax
        sequencer = Sequencer(
            epoch: Epoch(0),
            seed: FingerprintKey(low: SecureRandom.uint64(), high: SecureRandom.uint64()), limits: limits)
    }

    func visit(_ scan: LineScan, _ line: UnsafeRawBufferPointer) throws(LogError) {
        do throws(LineError) {
            try sequencer.restore(scan, line)
        } catch {
            throw LogError(.damaged, "offset \(scan.offset): \(error)")
        }
        let channel = UnsafeRawBufferPointer(rebasing: line[scan.channel])
        index.append(bytes: line.count + 1, crc: scan.crc, channel: channel, isMessage: scan.isMessage)
        amendments.apply(line, scan)
        settings.apply(line, scan)
        if scan.isRedacted { redactedCount += 1 }
    }
}
