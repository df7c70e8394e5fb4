import LogLine
import Replication

@testable import SegmentStore

extension SegmentStore {
    /// Opens the log, forgetting its lines; a new epoch is `epoch`.
    static func openForTest(
        _ path: String, options: StoreOptions = StoreOptions(), files: any FilePort = SystemFiles(),
        bootID: String = "boot-1", epoch: UInt64 = 1
    ) throws(LogError) -> (SegmentStore, Recovery) {
        try open(
            directory: path, options: options, files: files, bootID: bootID, newEpoch: { Epoch(epoch) },
            visit: { _, _, _ in })
    }
}
