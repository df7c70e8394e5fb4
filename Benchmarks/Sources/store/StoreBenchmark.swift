import Glibc
import LogLine
import Replication
import SegmentStore

/// What the segment store makes of a disk: durable appends beside a bare loop of writes and syncs, and how
/// fast a log opens.
///
/// swift run -c release --package-path Benchmarks store [DIRECTORY]
enum StoreBenchmark {
    static func run() {
        let directory = CommandLine.arguments.dropFirst().first ?? "/tmp/store-benchmark-\(getpid())"
        mkdir(directory, 0o700)
        do {
            try measureBareLoop("\(directory)/bare")
            for writers in [1, 16, 64, 256] {
                try measureAppends("\(directory)/append-\(writers)", writers: writers)
            }
            try measureOpening("\(directory)/opening", lines: 1_000_000)
        } catch {
            print("the disk refused: \(error)")
        }
    }

    /// The limit: one line, one sync, and again.
    private static func measureBareLoop(_ path: String) throws {
        let files = SystemFiles()
        let file = try files.open(path, .create)
        let line = Lines(count: 1).slices[0]
        var at = 0
        let usage = Usage()
        let count = 5000
        for _ in 0..<count {
            at += try files.write(file, at: at, line.pointer)
            try files.syncData(file)
        }
        usage.report("bare append + fdatasync", count: count)
    }

    /// Each writer hands one line over and waits for it before the next one.
    private static func measureAppends(_ directory: String, writers: Int) throws {
        let store = try open(directory)
        let count = 20_000 + writers * 2000
        let loop = ClosedLoop(store: store, lines: Lines(count: count), writers: writers)
        let usage = Usage()
        loop.run()
        usage.report("append, \(writers) writers", count: count)
        let syncs = max(Int(store.statistics.syncs), 1)
        print("    \(syncs) syncs, \(count / syncs) appends each")
        store.close()
    }

    private static func measureOpening(_ directory: String, lines count: Int) throws {
        let store = try open(directory, durability: .none)
        ClosedLoop(store: store, lines: Lines(count: count), writers: 10_000).run()
        measureReads(store)
        store.close()
        for round in 1...3 {
            let usage = Usage()
            let store = try open(directory, durability: .none)
            usage.report("open, round \(round)", count: count, bytes: Int(store.streamEnd))
            store.close()
        }
        let usage = Usage()
        _ = try LogInspector(directory: directory).check()
        usage.report("check", count: count)
    }

    private static func measureReads(_ store: SegmentStore) {
        guard let region = store.region(of: 1000..<1000 + 262_144) else { return }
        var resident = 0
        let usage = Usage()
        for _ in 0..<10_000 where store.isResident(region) { resident += 1 }
        usage.report("isResident of 256 KiB (\(resident == 10_000 ? "is" : "is not"))", count: 10_000)
        let positions = (0..<1000).map { UInt64($0 * 460)..<UInt64($0 * 460 + 230) }
        let done = Counter()
        let reads = Usage()
        for _ in 0..<100 {
            store.read(positions) { result in
                if case .success(let slices) = result { done.add(slices.count) }
            }
        }
        while done.value < 100_000 { sched_yield() }
        reads.report("read every other line", count: 100_000)
    }

    private static func open(_ directory: String, durability: Durability = .sync) throws -> SegmentStore {
        let options = StoreOptions(durability: durability)
        let (store, _) = try SegmentStore.open(
            directory: directory, options: options, bootID: "benchmark", newEpoch: { Epoch(1) },
            visit: { _, _, _ in })
        return store
    }
}
