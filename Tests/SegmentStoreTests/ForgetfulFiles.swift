import Glibc
import LogLine
import Replication
import TestSupport
import Threads

@testable import SegmentStore

/// A file system in memory that does on a crash all that the real one may do: it keeps what was synced, and
/// of everything later any part: pages, halves of pages, lengths, directory entries.
///
/// Also a model of what a failed `fdatasync` leaves: pages that read back but will not be written any more.
final class ForgetfulFiles: FilePort {
    struct State {
        var root = Folder()
        var open: [Int32: ForgetfulFile] = [:]
        var locks: [ObjectIdentifier: Int32] = [:]
        var nextDescriptor: Int32 = 1
        /// How many changes go through before the power fails; nil: it does not.
        var changesLeft: Int?
        var isDown = false
        var random = SplitMix64(seed: 0)
        /// Whether `syncData` and `syncDirectory` only say that they did it.
        var liesAboutData = false
        var liesAboutDirectories = false
        /// How many changes there were.
        var changes = 0
    }

    let state = Protected(State())

    /// The power fails in the midst of the change after the next `changes`.
    func failPower(after changes: Int?, seed: UInt64) {
        state.withLock {
            $0.changesLeft = changes
            $0.random = SplitMix64(seed: seed)
        }
    }

    var isDown: Bool { state.withLock { $0.isDown } }
    var changes: Int { state.withLock { $0.changes } }

    func lie(aboutData: Bool, aboutDirectories: Bool) {
        state.withLock {
            $0.liesAboutData = aboutData
            $0.liesAboutDirectories = aboutDirectories
        }
    }

    /// The process ends; what the kernel holds stays.
    func kill() {
        state.withLock {
            $0.open = [:]
            $0.locks = [:]
            $0.changesLeft = nil
            $0.isDown = false
        }
    }

    /// The machine ends and starts again: only what must be there and any part of the rest is there.
    func reboot(_ random: inout SplitMix64) {
        kill()
        state.withLock { $0.root.forget(&random) }
    }

    /// A sync of this file failed: what was to be written is forgotten, but reads back until the machine
    /// ends.
    func failSync(_ file: OpenFile) { state.withLock { $0.open[file.descriptor]?.dropDirty() } }

    /// The bytes of a file as they read now; nil when there is none.
    func bytes(_ path: String) -> [UInt8]? {
        state.withLock { state in
            guard case .file(let file) = try? state.node(path) else { return nil }
            return file.current
        }
    }

    /// Changes a file's bytes and makes them durable.
    func corrupt(_ path: String, _ change: (inout [UInt8]) -> Void) {
        state.withLock { state in
            guard case .file(let file) = try? state.node(path) else { return }
            change(&file.current)
            file.makeDurable()
        }
    }

    /// Takes a name out of its directory for good.
    func remove(_ path: String) {
        state.withLock { state in
            guard let (folder, name) = try? state.place(path) else { return }
            folder.change(DirectoryChange(.unlink(name)))
            folder.makeDurable()
        }
    }
}

// MARK: FilePort

extension ForgetfulFiles {
    func open(_ path: String, _ access: FileAccess) throws(SystemError) -> OpenFile {
        let descriptor = try locked { state throws(SystemError) in try state.open(path, access) }
        return OpenFile(descriptor: descriptor) { [weak self] in self?.close($0) }
    }

    private func close(_ descriptor: Int32) {
        state.withLock { state in
            state.open[descriptor] = nil
            state.locks = state.locks.filter { $0.value != descriptor }
        }
    }

    func size(of file: OpenFile) throws(SystemError) -> Int {
        try locked { state throws(SystemError) in try state.file(file).current.count }
    }

    func read(
        _ file: OpenFile, at start: Int, into room: UnsafeMutableRawBufferPointer
    ) throws(SystemError) -> Int {
        let bytes = try locked { state throws(SystemError) -> ArraySlice<UInt8> in
            let current = try state.file(file).current
            return current[min(start, current.count)..<min(start + room.count, current.count)]
        }
        room.copyBytes(from: bytes)
        return bytes.count
    }

    func write(_ file: OpenFile, at start: Int, _ bytes: UnsafeRawBufferPointer) throws(SystemError) -> Int {
        let copy = Array(bytes)
        return try locked { state throws(SystemError) -> Int in
            let file = try state.file(file)
            if state.powerFails() {
                let part = Int.random(in: 0...copy.count, using: &state.random)
                file.write(copy[..<part], at: start)
                throw state.down()
            }
            file.write(copy[...], at: start)
            return copy.count
        }
    }

    func truncate(_ file: OpenFile, to bytes: Int) throws(SystemError) {
        try change { state throws(SystemError) in
            let file = try state.file(file)
            return { file.truncate(to: bytes) }
        }
    }

    func syncData(_ file: OpenFile) throws(SystemError) {
        try change { state throws(SystemError) in
            let file = try state.file(file)
            return state.liesAboutData ? {} : { file.sync() }
        }
    }

    func syncDirectory(_ path: String) throws(SystemError) {
        try change { state throws(SystemError) in
            guard case .folder(let folder) = try state.node(path) else { throw State.missing("open") }
            return state.liesAboutDirectories ? {} : { folder.makeDurable() }
        }
    }

    func makeDirectory(_ path: String) throws(SystemError) {
        try change { state throws(SystemError) in
            let (folder, name) = try state.place(path)
            guard folder.entries[name] == nil else { throw SystemError(call: "mkdir", code: EEXIST) }
            return { folder.change(DirectoryChange(.link(name, .folder(Folder())))) }
        }
    }

    func list(_ path: String) throws(SystemError) -> [String]? {
        try locked { state throws(SystemError) -> [String]? in
            do throws(SystemError) {
                guard case .folder(let folder) = try state.node(path) else { return nil }
                return Array(folder.entries.keys)
            } catch {
                guard error.code == ENOENT else { throw error }
                return nil
            }
        }
    }

    func rename(_ source: String, to target: String) throws(SystemError) {
        try change { state throws(SystemError) in
            let (from, oldName) = try state.place(source)
            let (to, newName) = try state.place(target)
            guard let node = from.entries[oldName] else { throw State.missing("rename") }
            if from === to { return { from.change(DirectoryChange(.rename(oldName, newName, node))) } }
            let change = DirectoryChange(.link(newName, node))
            return {
                to.change(change)
                from.change(DirectoryChange(.unlink(oldName), with: change))
            }
        }
    }

    func lock(_ file: OpenFile) throws(SystemError) -> Bool {
        try locked { state throws(SystemError) -> Bool in
            let identity = ObjectIdentifier(try state.file(file))
            guard state.locks[identity] == nil else { return false }
            state.locks[identity] = file.descriptor
            return true
        }
    }

    func isResident(_ region: FileRegion) -> Bool { true }
    func forget(_ region: FileRegion) {}

    private func locked<Result>(
        _ body: (inout State) throws(SystemError) -> Result
    ) throws(SystemError) -> Result {
        try state.withLock { state throws(SystemError) -> Result in
            guard !state.isDown else { throw SystemError(call: "any", code: EIO) }
            return try body(&state)
        }
    }

    /// Makes the change that `prepare` returns; when the power fails, perhaps.
    private func change(
        _ prepare: (inout State) throws(SystemError) -> () -> Void
    ) throws(SystemError) {
        try state.withLock { state throws(SystemError) in
            guard !state.isDown else { throw SystemError(call: "any", code: EIO) }
            let change = try prepare(&state)
            if state.powerFails() {
                if state.random.oneIn(2) { change() }
                throw state.down()
            }
            change()
        }
    }
}

extension ForgetfulFiles.State {
    static func missing(_ call: String) -> SystemError { SystemError(call: call, code: ENOENT) }

    mutating func powerFails() -> Bool {
        changes += 1
        guard let left = changesLeft else { return false }
        changesLeft = left - 1
        return left <= 0
    }

    mutating func down() -> SystemError {
        isDown = true
        return SystemError(call: "any", code: EIO)
    }

    func file(_ file: OpenFile) throws(SystemError) -> ForgetfulFile {
        guard let found = open[file.descriptor] else { throw SystemError(call: "any", code: EBADF) }
        return found
    }

    mutating func open(_ path: String, _ access: FileAccess) throws(SystemError) -> Int32 {
        let (folder, name) = try place(path)
        if folder.entries[name] == nil {
            guard access == .create else { throw Self.missing("open") }
            if powerFails() { throw down() }
            folder.change(DirectoryChange(.link(name, .file(ForgetfulFile()))))
        }
        guard case .file(let file) = folder.entries[name] else {
            throw SystemError(call: "open", code: EISDIR)
        }
        let descriptor = nextDescriptor
        nextDescriptor += 1
        open[descriptor] = file
        return descriptor
    }

    func node(_ path: String) throws(SystemError) -> FolderNode {
        var node = FolderNode.folder(root)
        for part in path.split(separator: "/") where part != "." {
            guard case .folder(let folder) = node, let next = folder.entries[String(part)] else {
                throw Self.missing("open")
            }
            node = next
        }
        return node
    }

    func place(_ path: String) throws(SystemError) -> (Folder, String) {
        var parts = path.split(separator: "/").filter { $0 != "." }
        guard let name = parts.popLast() else { throw Self.missing("open") }
        guard case .folder(let folder) = try node(parts.joined(separator: "/")) else {
            throw Self.missing("open")
        }
        return (folder, String(name))
    }
}
