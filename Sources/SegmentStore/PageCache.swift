import Glibc
import Replication

/// What the kernel holds of a file.
enum PageCache {
    private static let pageBytes = sysconf(Int32(_SC_PAGESIZE))

    /// Whether every page of the region is in memory: mincore(2) on a mapping made for the question, which is
    /// exact on every kernel for a file of our own. False when the kernel cannot be asked.
    static func holds(_ region: FileRegion) -> Bool {
        guard region.count > 0 else { return true }
        let start = region.offset / pageBytes * pageBytes
        let bytes = region.offset + region.count - start
        let mapped = mmap(nil, bytes, PROT_READ, MAP_SHARED, region.file.descriptor, start)
        guard let mapped, mapped != MAP_FAILED else { return false }
        defer { munmap(mapped, bytes) }
        let pages = (bytes + pageBytes - 1) / pageBytes
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: pages) { states in
            guard mincore(mapped, bytes, states.baseAddress) == 0 else { return false }
            return states.allSatisfy { $0 & 1 == 1 }
        }
    }
}
