import Glibc
import LogLine
import Replication
import TestSupport
import Testing

@testable import SegmentStore

/// The store with its threads, on real files.
@Suite struct SegmentStoreTests {
    @Test("All batches that wait while a sync runs share the next one")
    func groupCommit() throws {
        let directory = try TemporaryDirectory()
        let files = GatedFiles()
        files.open(upTo: .max)
        let (store, _) = try SegmentStore.openForTest(directory.path, files: files)
        let before = files.begun.all.count
        files.open(upTo: before)
        let events = Inbox<LogStoreEvent>()
        store.start { events.add($0) }
        var maker = LineMaker()
        store.append(maker.batch(1), through: maker.offset, term: 1)
        #expect(files.begun.wait { $0.count == before + 1 })
        for _ in 0..<100 { store.append(maker.batch(1), through: maker.offset, term: 1) }
        #expect(events.all.isEmpty, "nothing is reported before its sync has ended")
        #expect(store.streamEnd == 0, "nothing can be read before its sync has ended")
        #expect(store.statistics.queuedBytes > 0)
        files.open(upTo: .max)
        #expect(events.wait { $0.count == 2 })
        #expect(store.statistics.groups == 2 && store.statistics.batches == 101)
        #expect(store.statistics.syncs == 2 && store.statistics.queuedBytes == 0)
        store.close()
    }

    @Test(
        "Lines survive closing and opening, with every durability",
        arguments: [
            Durability.sync, .interval(.milliseconds(1)), .none,
        ])
    func reopens(_ durability: Durability) throws {
        let directory = try TemporaryDirectory()
        let options = StoreOptions(durability: durability, segmentBytesMax: 1000)
        var maker = LineMaker()
        for round in 0..<4 {
            let (store, recovery) = try SegmentStore.openForTest(
                directory.path, options: options, bootID: "boot-\(round)")
            #expect(recovery.head == maker.offset && recovery.cutBytes == 0)
            #expect(recovery.isNewEpoch == (round == 0))
            let events = Inbox<LogStoreEvent>()
            store.start { events.add($0) }
            for _ in 0..<20 { store.append(maker.batch(1), through: maker.offset, term: 1) }
            store.close()
        }
    }

    @Test("With an interval a sync follows without any further append")
    func syncsByInterval() throws {
        let directory = try TemporaryDirectory()
        let files = GatedFiles()
        files.open(upTo: .max)
        let options = StoreOptions(durability: .interval(.milliseconds(20)))
        let (store, _) = try SegmentStore.openForTest(directory.path, options: options, files: files)
        let before = files.begun.all.count
        let events = Inbox<LogStoreEvent>()
        store.start { events.add($0) }
        var maker = LineMaker()
        store.append(maker.batch(1), through: maker.offset, term: 1)
        #expect(events.wait { $0.count == 1 })
        #expect(files.begun.wait { $0.count > before })
        store.close()
    }

    @Test("A failed sync is reported as the end, and nothing is taken in after it")
    func failedSync() throws {
        let directory = try TemporaryDirectory()
        let files = FailingFiles(SystemFiles())
        let (store, _) = try SegmentStore.openForTest(directory.path, files: files)
        let events = Inbox<LogStoreEvent>()
        store.start { events.add($0) }
        files.fail(.syncData, of: ".ndjson", code: EIO)
        var maker = LineMaker()
        store.append(maker.batch(1), through: maker.offset, term: 1)
        #expect(events.wait { !$0.isEmpty })
        store.append(maker.batch(1), through: maker.offset, term: 2)
        store.close()
        guard case .failed(let error) = events.all.last, events.all.count == 1 else {
            Issue.record("\(events.all)")
            return
        }
        #expect(error.code == .syncFailed && error.message.contains(".ndjson"))
    }

    @Test("A refused write that cannot be cut off is the end")
    func failedCut() throws {
        let directory = try TemporaryDirectory()
        let files = FailingFiles(SystemFiles())
        let (store, _) = try SegmentStore.openForTest(directory.path, files: files)
        let events = Inbox<LogStoreEvent>()
        store.start { events.add($0) }
        files.fail(.write, of: ".ndjson", code: EIO, partBytes: 10)
        files.fail(.truncate, of: ".ndjson", code: EIO)
        var maker = LineMaker()
        store.append(maker.batch(1), through: maker.offset, term: 1)
        #expect(events.wait { !$0.isEmpty })
        guard case .failed(let error) = events.all.first else {
            Issue.record("\(events.all)")
            return
        }
        #expect(error.code == .ioError)
        store.close()
    }

    @Test("A read that fails says so, and the next one works")
    func failedRead() throws {
        let directory = try TemporaryDirectory()
        let files = FailingFiles(SystemFiles())
        let (store, _) = try SegmentStore.openForTest(directory.path, files: files)
        let events = Inbox<LogStoreEvent>()
        store.start { events.add($0) }
        var maker = LineMaker()
        let lines = maker.batch(3)
        store.append(lines, through: maker.offset, term: 1)
        #expect(events.wait { $0.count == 1 })
        files.fail(.read, of: ".ndjson", code: EIO)
        let results = Inbox<LogError.Code?>()
        for _ in 0..<2 {
            store.read([0..<UInt64(lines.count)]) { result in
                if case .failure(let error) = result { results.add(error.code) } else { results.add(nil) }
            }
        }
        #expect(results.wait { $0.count == 2 })
        #expect(results.all.contains(.ioError) && results.all.contains(nil))
        store.close()
    }

    @Test("After closing, reads fail, warming ends at once and appends are dropped")
    func afterClose() throws {
        let directory = try TemporaryDirectory()
        let (store, _) = try SegmentStore.openForTest(directory.path)
        let events = Inbox<LogStoreEvent>()
        store.start { events.add($0) }
        var maker = LineMaker()
        store.append(maker.batch(1), through: maker.offset, term: 1)
        #expect(events.wait { $0.count == 1 })
        let region = try #require(store.region(of: 0..<10))
        store.close()
        store.close()
        let answers = Inbox<Bool>()
        store.read([0..<10]) { result in answers.add((try? result.get()) == nil) }
        store.warm(region) { answers.add(true) }
        store.append(maker.batch(1), through: maker.offset, term: 1)
        #expect(answers.all == [true, true])
        #expect(events.all.count == 1)
    }

    @Test("More segments than may be open can all be read")
    func manySegments() throws {
        let directory = try TemporaryDirectory()
        let options = StoreOptions(durability: .none, segmentBytesMax: 1)
        let (store, _) = try SegmentStore.openForTest(directory.path, options: options)
        let events = Inbox<LogStoreEvent>()
        store.start { events.add($0) }
        var maker = LineMaker()
        var all: [UInt8] = []
        for number in 1...(StoreLimits.openSegmentsMax + 20) {
            let lines = maker.batch(1)
            all += lines.array
            store.append(lines, through: maker.offset, term: 1)
            #expect(events.wait { $0.count == number })
        }
        for _ in 0..<2 {
            var read: [UInt8] = []
            while read.count < all.count {
                let region = try #require(store.region(of: UInt64(read.count)..<UInt64(all.count)))
                var bytes = [UInt8](repeating: 0, count: region.count)
                #expect(pread(region.file.descriptor, &bytes, region.count, region.offset) == region.count)
                read += bytes
            }
            #expect(read == all)
        }
        store.close()
    }
}
