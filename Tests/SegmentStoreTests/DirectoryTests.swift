import LogLine
import Replication
import TestSupport
import Testing

@testable import SegmentStore

/// Directories that are not, or not yet, or no longer a log.
@Suite struct DirectoryTests {
    @Test("A log without its epoch is refused by name")
    func refusesMissingEpoch() throws {
        let log = try LogBuilder.log(lines: 2)
        log.files.remove(LogBuilder.epochPath)
        let error = try #require(log.refusal())
        #expect(error.code == .unusable)
        #expect(error.message.contains("/log/epoch") && error.message.contains(LogBuilder.segmentPath(1)))
    }

    @Test("A log without its segments is refused by name, with and without its epoch")
    func refusesMissingSegments() throws {
        let log = try LogBuilder.log(lines: 2)
        log.files.remove(LogBuilder.segmentPath(1))
        #expect(log.refusal()?.message.contains("/log/segments") == true)
        log.files.kill()
        log.files.remove(LogBuilder.epochPath)
        let error = try #require(log.refusal())
        #expect(error.code == .unusable && error.message.contains("2 lines"))
    }

    @Test("An epoch that is not one, and a segment with a name that is not one, are refused by name")
    func refusesWrongNames() throws {
        let log = try LogBuilder.log(lines: 2)
        log.files.corrupt(LogBuilder.epochPath) { $0 = Array("ABCDEF0123456789\n".utf8) }
        #expect(log.refusal()?.code == .unusable)
        log.files.kill()
        let other = try LogBuilder.log(lines: 2)
        try other.files.rename(LogBuilder.segmentPath(1), to: "/log/segments/1.ndjson")
        let error = try #require(other.refusal())
        #expect(error.code == .unusable && error.message.contains("1.ndjson"))
    }

    @Test("Files that are not ours are left alone")
    func ignoresOtherFiles() throws {
        let log = try LogBuilder.log(lines: 2)
        _ = try log.files.open("/log/segments/notes.txt", .create)
        _ = try log.files.open("/log/lost+found", .create)
        #expect(try log.open().recovered == log.lines)
    }

    @Test("A second process is refused with the name of the first one")
    func locks() throws {
        let directory = try TemporaryDirectory()
        let (first, _) = try SegmentStore.openForTest(directory.path)
        do {
            _ = try SegmentStore.openForTest(directory.path)
            Issue.record("it opened twice")
        } catch {
            #expect(error.code == .locked)
            #expect(error.message.contains(directory.path))
            #expect(error.message.contains("process \(ProcessInformation.id)"))
        }
        first.close()
    }

    @Test("The lock ends with the store")
    func unlocks() throws {
        let directory = try TemporaryDirectory()
        for _ in 0..<3 {
            let (store, _) = try SegmentStore.openForTest(directory.path)
            store.close()
        }
    }

    @Test("Directories above the log's are made, too")
    func makesParents() throws {
        let directory = try TemporaryDirectory()
        let (store, recovery) = try SegmentStore.openForTest("\(directory.path)/a/b/")
        #expect(recovery.isNewEpoch)
        store.close()
    }

    @Test("Segments are named by 20 digits")
    func namesSegments() {
        #expect(LogDirectory.segmentName(first: Offset(42)) == "00000000000000000042.ndjson")
        #expect(LogDirectory.segmentFirst(name: "00000000000000000042.ndjson") == Offset(42))
        let wrong = [
            "42.ndjson", "0000000000000000000x.ndjson", "00000000000000000000.ndjson", "00000000000000000042",
            "99999999999999999999.ndjson", "000000000000000000042.ndjson",
        ]
        for name in wrong { #expect(LogDirectory.segmentFirst(name: name) == nil) }
    }
}
