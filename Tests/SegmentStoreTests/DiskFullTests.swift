import Glibc
import LogLine
import Replication
import TestSupport
import Testing

@testable import SegmentStore

/// A file that really may not grow (RLIMIT_FSIZE), in a process of its own.
@Suite struct DiskFullTests {
    @Test("When there is no room appends are refused and reads go on, and appends resume when there is room")
    func refusesAndResumes() async {
        await #expect(processExitsWith: .success) { try runFull() }
    }
}

/// Fills the log up to a limit, checks what it still does, and goes on with a higher limit.
private func runFull() throws {
    let directory = try TemporaryDirectory()
    let events = Inbox<LogStoreEvent>()
    let (store, _) = try SegmentStore.openForTest(directory.path)
    store.start { events.add($0) }
    limitFileSize(20_000)
    var maker = LineMaker()
    var durable = maker
    var bytes = 0
    while true {
        let lines = maker.batch(5)
        store.append(lines, through: maker.offset, term: 1)
        let count = events.all.count
        precondition(events.wait { $0.count > count || !$0.isEmpty && isAbout($0, maker.offset) })
        guard case .durable = events.all.last else { break }
        durable = maker
        bytes += lines.count
    }
    guard case .refused(1, durable.offset, let error) = events.all.last else {
        preconditionFailure("\(events.all)")
    }
    precondition(error.code == .diskFull && error.message.contains("File too large"))
    precondition(bytes > 19_000 && bytes <= 20_000 && store.streamEnd == UInt64(bytes))
    let pages = Inbox<Int>()
    store.read([0..<UInt64(bytes)]) { result in pages.add((try? result.get()[0].count) ?? -1) }
    precondition(pages.wait { $0 == [bytes] })
    limitFileSize(1 << 30)
    store.append(durable.batch(5), through: durable.offset, term: 2)
    precondition(events.wait { isAbout($0, durable.offset) })
    store.close()
    let (again, recovery) = try SegmentStore.openForTest(directory.path)
    precondition(recovery.head == durable.offset && recovery.cutBytes == 0)
    again.close()
}

/// Whether the last event tells what became of the batch up to `offset`.
private func isAbout(_ events: [LogStoreEvent], _ offset: Offset) -> Bool {
    switch events.last {
    case .durable(let through): through == offset
    case .refused, .failed: true
    case nil: false
    }
}

private func limitFileSize(_ bytes: UInt) {
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
    limit.rlim_cur = bytes
    precondition(setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0)
}
