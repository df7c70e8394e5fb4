import Replication
import TestSupport

@testable import SegmentStore

/// Real files whose syncs of segments wait until the test lets them go.
final class GatedFiles: FilePort {
    /// Gets an item when a sync begins.
    let begun = Inbox<Int>()
    private let gate = Inbox<Int>()
    private let base = SystemFiles()

    /// Lets the syncs up to that number go, counted from 1.
    func open(upTo number: Int) { gate.add(number) }

    func syncData(_ file: OpenFile) throws(SystemError) {
        let number = begun.all.count + 1
        begun.add(number)
        _ = gate.wait { ($0.last ?? 0) >= number }
        try base.syncData(file)
    }

    func open(_ path: String, _ access: FileAccess) throws(SystemError) -> OpenFile {
        try base.open(path, access)
    }
    func size(of file: OpenFile) throws(SystemError) -> Int { try base.size(of: file) }
    func read(
        _ file: OpenFile, at start: Int, into room: UnsafeMutableRawBufferPointer
    ) throws(SystemError) -> Int { try base.read(file, at: start, into: room) }
    func write(_ file: OpenFile, at start: Int, _ bytes: UnsafeRawBufferPointer) throws(SystemError) -> Int {
        try base.write(file, at: start, bytes)
    }
    func truncate(_ file: OpenFile, to bytes: Int) throws(SystemError) {
        try base.truncate(file, to: bytes)
    }
    func syncDirectory(_ path: String) throws(SystemError) { try base.syncDirectory(path) }
    func makeDirectory(_ path: String) throws(SystemError) { try base.makeDirectory(path) }
    func list(_ path: String) throws(SystemError) -> [String]? { try base.list(path) }
    func rename(_ source: String, to target: String) throws(SystemError) {
        try base.rename(source, to: target)
    }
    func lock(_ file: OpenFile) throws(SystemError) -> Bool { try base.lock(file) }
    func isResident(_ region: FileRegion) -> Bool { base.isResident(region) }
    func forget(_ region: FileRegion) { base.forget(region) }
}
