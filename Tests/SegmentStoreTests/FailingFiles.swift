import Glibc
import Replication
import TestSupport
import Threads

@testable import SegmentStore

/// Passes everything on to other files, but for the calls it is told to fail.
final class FailingFiles: FilePort {
    enum Call: Sendable {
        case open, read, write, truncate, syncData, syncDirectory, rename
    }

    private struct Failure {
        let call: Call
        /// The path must end with this.
        let suffix: String
        let code: Int32
        /// How many calls go through before.
        var skip: Int
        /// Of the failing write, this many bytes are written.
        let partBytes: Int
        var isPersistent: Bool
    }

    private struct State {
        var failures: [Failure] = []
        var paths: [Int32: String] = [:]
    }

    private let base: any FilePort
    private let state = Protected(State())

    init(_ base: any FilePort) { self.base = base }

    /// The next such call fails, or all from there on.
    func fail(
        _ call: Call, of suffix: String = "", code: Int32, skipping skip: Int = 0, partBytes: Int = 0,
        always: Bool = false
    ) {
        state.withLock {
            $0.failures.append(
                Failure(
                    call: call, suffix: suffix, code: code, skip: skip, partBytes: partBytes,
                    isPersistent: always))
        }
    }

    /// Nothing fails any more.
    func heal() { state.withLock { $0.failures = [] } }

    /// The failure of this call; nil when it is to go through.
    private func failure(_ call: Call, _ path: String) -> (error: SystemError, partBytes: Int)? {
        state.withLock { state in
            for index in state.failures.indices {
                let failure = state.failures[index]
                guard failure.call == call, path.hasSuffix(failure.suffix) else { continue }
                guard failure.skip == 0 else {
                    state.failures[index].skip -= 1
                    continue
                }
                if !failure.isPersistent { state.failures.remove(at: index) }
                return (SystemError(call: "\(call)", code: failure.code), failure.partBytes)
            }
            return nil
        }
    }

    private func check(_ call: Call, _ path: String) throws(SystemError) {
        if let failure = failure(call, path) { throw failure.error }
    }

    private func path(_ file: OpenFile) -> String { state.withLock { $0.paths[file.descriptor] ?? "" } }
}

extension FailingFiles {
    func open(_ path: String, _ access: FileAccess) throws(SystemError) -> OpenFile {
        try check(.open, path)
        let file = try base.open(path, access)
        state.withLock { $0.paths[file.descriptor] = path }
        return file
    }

    func size(of file: OpenFile) throws(SystemError) -> Int { try base.size(of: file) }

    func read(
        _ file: OpenFile, at start: Int, into room: UnsafeMutableRawBufferPointer
    ) throws(SystemError) -> Int {
        try check(.read, path(file))
        return try base.read(file, at: start, into: room)
    }

    func write(_ file: OpenFile, at start: Int, _ bytes: UnsafeRawBufferPointer) throws(SystemError) -> Int {
        guard let failure = failure(.write, path(file)) else { return try base.write(file, at: start, bytes) }
        guard failure.partBytes > 0 else { throw failure.error }
        // As the system does it: a part is written first, the error comes with the rest.
        fail(.write, code: failure.error.code)
        let part = UnsafeRawBufferPointer(rebasing: bytes[..<min(failure.partBytes, bytes.count)])
        return try base.write(file, at: start, part)
    }

    func truncate(_ file: OpenFile, to bytes: Int) throws(SystemError) {
        try check(.truncate, path(file))
        try base.truncate(file, to: bytes)
    }

    func syncData(_ file: OpenFile) throws(SystemError) {
        if let failure = failure(.syncData, path(file)) {
            (base as? ForgetfulFiles)?.failSync(file)
            throw failure.error
        }
        try base.syncData(file)
    }

    func syncDirectory(_ path: String) throws(SystemError) {
        try check(.syncDirectory, path)
        try base.syncDirectory(path)
    }

    func makeDirectory(_ path: String) throws(SystemError) { try base.makeDirectory(path) }
    func list(_ path: String) throws(SystemError) -> [String]? { try base.list(path) }

    func rename(_ source: String, to target: String) throws(SystemError) {
        try check(.rename, target)
        try base.rename(source, to: target)
    }

    func lock(_ file: OpenFile) throws(SystemError) -> Bool { try base.lock(file) }
    func isResident(_ region: FileRegion) -> Bool { base.isResident(region) }
    func forget(_ region: FileRegion) { base.forget(region) }
}
