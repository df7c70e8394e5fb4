import Glibc

/// How many file descriptors this process may have open. Shells and service managers start processes with a
/// soft limit of 1,024 and a hard one far above it, for the sake of programs that use `select`; none does
/// here.
public enum DescriptorLimit {
    /// For what is no client's connection: segments, Redis, the way to the log, the loop's own.
    static let reserved = 256

    /// Raises the soft limit to the hard one. Where that fails it stays as it is.
    public static func raise() {
        guard var limit = current, limit.rlim_cur < limit.rlim_max else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    /// How many connections of clients fit into the limit, at most `wanted`: so that one more can be accepted
    /// to be told that it is too many.
    public static func connections(wanted: Int) -> Int {
        guard let limit = current else { return wanted }
        return connections(wanted: wanted, descriptors: Int(clamping: limit.rlim_cur))
    }

    /// Half of a limit that is too small for the reserve.
    static func connections(wanted: Int, descriptors: Int) -> Int {
        min(wanted, max(descriptors - reserved, descriptors / 2))
    }

    private static var current: rlimit? {
        var limit = rlimit()
        return getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 ? limit : nil
    }
}
