import Glibc

/// What the system knows of this process, under the names that Prometheus' own client libraries use, and what
/// its stderr could not take.
public enum ProcessMetrics {
    public static func register(in metrics: Metrics) {
        metrics.counter(
            "process_cpu_seconds_total", "User and system CPU time spent, in seconds.",
            readSeconds: cpuSeconds)
        metrics.gauge("process_resident_memory_bytes", "Resident memory, in bytes.", read: residentBytes)
        metrics.gauge("process_open_fds", "Open file descriptors.", read: openDescriptors)
        metrics.gauge("process_max_fds", "Most file descriptors that may be open.", read: descriptorsMax)
        metrics.counter(
            "chat_lost_diagnostic_lines_total", "Lines of the diagnostic log that stderr could not take."
        ) { DiagnosticOutput.standardError.lostCount }
    }

    private static func cpuSeconds() -> Double {
        var usage = rusage()
        guard getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return 0 }
        return seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }

    private static func seconds(_ time: timeval) -> Double {
        Double(time.tv_sec) + Double(time.tv_usec) * 1e-6
    }

    /// The second number of /proc/self/statm is pages (proc(5)).
    private static func residentBytes() -> Double {
        let fields = firstBytes(of: "/proc/self/statm").split(separator: " ")
        guard fields.count > 1, let pages = Double(fields[1]) else { return 0 }
        return pages * Double(sysconf(Int32(_SC_PAGESIZE)))
    }

    private static func openDescriptors() -> Double {
        guard let directory = opendir("/proc/self/fd") else { return 0 }
        defer { closedir(directory) }
        var count = 0
        while readdir(directory) != nil { count += 1 }
        // Not ".", ".." and the directory's own.
        return Double(count - 3)
    }

    private static func descriptorsMax() -> Double {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 0 }
        return Double(limit.rlim_cur)
    }

    private static func firstBytes(of path: String) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 256)
        let count = read(descriptor, &buffer, buffer.count)
        return String(decoding: buffer.prefix(max(count, 0)), as: UTF8.self)
    }
}
