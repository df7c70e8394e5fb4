import Glibc
import LogLine
import Replication

/// A log that is ours, whole and ready to be written.
struct OpenedLog {
    let lock: DirectoryLock
    let start: WriterStart
    let recovery: Recovery
}

/// Opens the log in a directory, or makes one.
struct LogOpening {
    let directory: LogDirectory
    let boot: BootRecord
    /// Whom the lock is to name.
    var process = getpid()

    func run(newEpoch: () -> Epoch, visit: LineVisitor) throws(LogError) -> OpenedLog {
        if try directory.list(directory.path) == nil { try directory.makeDirectories(directory.path) }
        let lock = try DirectoryLock.acquire(directory, process: process)
        var isNew = false
        if try directory.examine() == .nothing {
            try directory.create(epoch: newEpoch(), boot: boot)
            isNew = true
        }
        guard case .log(let epoch, _) = try directory.examine() else {
            throw LogError(.ioError, "\(directory.path) does not read as it was written")
        }
        let recovering = LogRecovery(directory: directory, epoch: epoch, boot: boot)
        var (start, recovery) = try recovering.run(newEpoch: newEpoch, visit: visit)
        recovery.isNewEpoch = recovery.isNewEpoch || isNew
        return OpenedLog(lock: lock, start: start, recovery: recovery)
    }
}
