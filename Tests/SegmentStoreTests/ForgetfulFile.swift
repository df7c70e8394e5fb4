import LogLine
import TestSupport

/// A file of `ForgetfulFiles`: what it reads as, and what of it is on disk. Guarded by the files' lock.
final class ForgetfulFile {
    var current: [UInt8] = []
    private var durable: [UInt8] = []
    /// Pages that the kernel still has to write.
    private var dirty: Set<Int> = []
    /// The lengths the file has had since its last sync.
    private var lengths: [Int] = []

    private static let pageBytes = 4096
    private static let sectorBytes = 512

    func write(_ bytes: ArraySlice<UInt8>, at start: Int) {
        guard !bytes.isEmpty else { return }
        let end = start + bytes.count
        if current.count < start { current += [UInt8](repeating: 0, count: start - current.count) }
        current.replaceSubrange(start..<min(end, current.count), with: bytes)
        dirty.formUnion(start / Self.pageBytes...(end - 1) / Self.pageBytes)
        noteLength()
    }

    func truncate(to bytes: Int) {
        if bytes > current.count {
            current += [UInt8](repeating: 0, count: bytes - current.count)
        } else {
            current.removeLast(current.count - bytes)
        }
        dirty = dirty.filter { $0 * Self.pageBytes < bytes }
        if bytes % Self.pageBytes != 0 { dirty.insert(bytes / Self.pageBytes) }
        noteLength()
    }

    /// Writes what is dirty, and the length as far as it changed or was written to.
    func sync() {
        let written = dirty.map { min(($0 + 1) * Self.pageBytes, current.count) }.max() ?? 0
        let length = lengths.isEmpty ? max(durable.count, written) : current.count
        var next = Self.resized(durable, to: length)
        for page in dirty {
            let range = page * Self.pageBytes..<min((page + 1) * Self.pageBytes, length)
            if !range.isEmpty { next.replaceSubrange(range, with: current[range]) }
        }
        durable = next
        dirty = []
        lengths = []
    }

    /// What a failed sync does: nothing is on disk, and nothing is dirty any more.
    func dropDirty() {
        dirty = []
        lengths = []
    }

    func makeDurable() {
        durable = current
        dropDirty()
    }

    /// Keeps what is durable, and any part of what is dirty.
    func forget(_ random: inout SplitMix64) {
        let length = (lengths + [durable.count]).randomElement(using: &random) ?? 0
        let new = Self.resized(current, to: length)
        var kept = Self.resized(durable, to: length)
        for page in dirty.sorted() {
            let keepsAll = random.oneIn(3)
            let keepsNone = random.oneIn(3)
            let start = page * Self.pageBytes
            for sector in stride(from: start, to: min(start + Self.pageBytes, length), by: Self.sectorBytes)
            where keepsAll || (!keepsNone && random.oneIn(2)) {
                let range = sector..<min(sector + Self.sectorBytes, length)
                kept.replaceSubrange(range, with: new[range])
            }
        }
        current = kept
        makeDurable()
    }

    private func noteLength() {
        if lengths.last ?? durable.count != current.count { lengths.append(current.count) }
    }

    private static func resized(_ bytes: [UInt8], to count: Int) -> [UInt8] {
        bytes.count >= count
            ? Array(bytes[..<count]) : bytes + [UInt8](repeating: 0, count: count - bytes.count)
    }
}

enum FolderNode {
    case file(ForgetfulFile)
    case folder(Folder)
}

/// A change of a directory that may or may not survive a crash; one that touches two directories does so as
/// one.
final class DirectoryChange {
    enum Step {
        case link(String, FolderNode)
        case unlink(String)
        case rename(String, String, FolderNode)
    }

    let step: Step
    private let partner: DirectoryChange?
    private var isKept: Bool?

    init(_ step: Step, with partner: DirectoryChange? = nil) {
        self.step = step
        self.partner = partner
    }

    func keep() {
        isKept = true
        partner?.keep()
    }

    func survives(_ random: inout SplitMix64) -> Bool {
        if let partner { return partner.survives(&random) }
        let kept = isKept ?? random.oneIn(2)
        isKept = kept
        return kept
    }

    func apply(to entries: inout [String: FolderNode]) {
        switch step {
        case .link(let name, let node): entries[name] = node
        case .unlink(let name): entries[name] = nil
        case .rename(let old, let new, let node):
            entries[old] = nil
            entries[new] = node
        }
    }
}

/// A directory of `ForgetfulFiles`. Guarded by the files' lock.
final class Folder {
    private(set) var entries: [String: FolderNode] = [:]
    private var durable: [String: FolderNode] = [:]
    private var pending: [DirectoryChange] = []

    func change(_ change: DirectoryChange) {
        change.apply(to: &entries)
        pending.append(change)
    }

    func makeDurable() {
        for change in pending { change.keep() }
        durable = entries
        pending = []
    }

    /// Keeps what is durable, and any part of the changes since.
    func forget(_ random: inout SplitMix64) {
        for change in pending where change.survives(&random) { change.apply(to: &durable) }
        entries = durable
        pending = []
        for name in entries.keys.sorted() {
            switch entries[name] {
            case .file(let file): file.forget(&random)
            case .folder(let folder): folder.forget(&random)
            case nil: continue
            }
        }
    }
}
