import ClusterTools
import EventLoop
import Glibc
import Operations

/// An experiment's files in a folder: `NAME.csv`, `NAME.json` and its plots, `NAME-*.svg`.
struct Results {
    private let directory: String

    /// Makes the folder if it is not there.
    init(directory: String) throws(ChatControl.Failure) {
        self.directory = directory
        guard mkdir(directory, 0o755) == 0 || errno == EEXIST else {
            throw ChatControl.Failure("cannot make \(directory): \(String(cString: strerror(errno)))")
        }
    }

    func write(
        _ name: String, _ table: ResultTable, about: [(name: String, value: String)],
        plots: [(name: String, plot: LinePlot)]
    ) throws(ChatControl.Failure) {
        try write("\(name).csv", table.csv)
        try write("\(name).json", table.json(about: about))
        for (part, plot) in plots { try write("\(name)-\(part).svg", plot.svg) }
    }

    private func write(_ name: String, _ text: String) throws(ChatControl.Failure) {
        let path = "\(directory)/\(name)"
        guard let file = fopen(path, "w") else {
            throw ChatControl.Failure("cannot write \(path): \(String(cString: strerror(errno)))")
        }
        let bytes = Array(text.utf8)
        let written = fwrite(bytes, 1, bytes.count, file)
        guard fclose(file) == 0, written == bytes.count else {
            throw ChatControl.Failure("cannot write \(path): \(String(cString: strerror(errno)))")
        }
        Terminal.say("wrote \(path)")
    }
}

/// What an experiment's figures depend on.
enum Surroundings {
    /// The machine and what else it was doing.
    static var described: [(name: String, value: String)] {
        let load = SmallFile.read("/proc/loadavg")?.split(separator: " ").prefix(3).joined(
            separator: " ")
        return [
            ("version", Version.current), ("cores", String(sysconf(Int32(_SC_NPROCESSORS_ONLN)))),
            ("load_before", load ?? "unknown"),
        ]
    }
}
