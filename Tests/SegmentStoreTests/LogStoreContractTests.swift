import Glibc
import Replication
import TestSupport
import Testing

@testable import SegmentStore

/// The one suite that every `LogStore` passes.
@Suite struct LogStoreContractTests {
    enum Engine: CaseIterable, Sendable {
        case memory
        case segments
        /// Each group of lines begins a new segment.
        case tinySegments
    }

    @Test("Batches become durable in order", arguments: Engine.allCases)
    func order(_ engine: Engine) throws { try check(engine) { $0.checkOrder() } }

    @Test("Reads return what was appended", arguments: Engine.allCases)
    func reads(_ engine: Engine) throws { try check(engine) { $0.checkReads() } }

    @Test("File regions hold what was appended, and can be warmed", arguments: Engine.allCases)
    func regions(_ engine: Engine) throws { try check(engine) { $0.checkRegions() } }

    @Test("A failed write refuses its term and nothing else", arguments: Engine.allCases)
    func refusal(_ engine: Engine) throws { try check(engine) { $0.checkRefusal() } }

    @Test("Closing makes everything queued durable", arguments: Engine.allCases)
    func close(_ engine: Engine) throws { try check(engine) { $0.checkClose() } }

    private func check(_ engine: Engine, _ body: (LogStoreContract) -> Void) throws {
        let events = Inbox<LogStoreEvent>()
        switch engine {
        case .memory:
            let store = MemoryLogStore { events.add($0) }
            body(LogStoreContract(store: store, events: events) { store.fail(with: LogError($0, "told to")) })
        case .segments: try checkSegments(StoreOptions(), events, body)
        case .tinySegments: try checkSegments(StoreOptions(segmentBytesMax: 1), events, body)
        }
    }

    private func checkSegments(
        _ options: StoreOptions, _ events: Inbox<LogStoreEvent>, _ body: (LogStoreContract) -> Void
    ) throws {
        let directory = try TemporaryDirectory()
        let files = FailingFiles(SystemFiles())
        let (store, _) = try SegmentStore.openForTest(directory.path, options: options, files: files)
        store.start { events.add($0) }
        body(
            LogStoreContract(store: store, events: events) { code in
                files.fail(.write, of: ".ndjson", code: code == .diskFull ? ENOSPC : EIO, partBytes: 50)
            })
    }
}
