import LogLine
import Replication
import TestSupport
import Testing

@testable import SegmentStore

@Suite struct SlotFileTests {
    private let files = ForgetfulFiles()
    private var directory: LogDirectory { LogDirectory("/", files: files) }
    private let path = "/record"

    private func make() throws {
        try directory.replace(path, with: SlotFile.newFile { $0.append(",\"value\":0") })
    }

    private func value() throws -> Int? {
        try SlotFile.read(path, in: directory).flatMap { RecordReader($0)?.number("value") }.map { Int($0) }
    }

    private func write(_ value: Int, to file: SlotFile) throws {
        try file.write {
            $0.append(",\"value\":")
            $0.append(decimal: UInt64(value))
        }
    }

    @Test("A record stands in its slot as one line of JSON with its crc")
    func goldenBytes() throws {
        try make()
        let bytes = try #require(files.bytes(path))
        let line = "{\"sequence\":1,\"value\":0,\"crc\":\"8b982149\"}"
        #expect(String(decoding: bytes.prefix(line.utf8.count), as: UTF8.self) == line)
        #expect(bytes.count == SlotFile.fileBytes && bytes[SlotFile.recordBytes - 1] == 0x0A)
    }

    @Test("Whatever crashes and failed syncs leave, the record synced last or a later one is there")
    func survivesCrashes() throws {
        for seed in UInt64(0)..<1000 {
            var random = SplitMix64(seed: seed)
            let test = SlotFileTests()
            try test.make()
            var synced = 0
            for round in 1...12 {
                try? test.work(round, &synced, &random)
                if test.files.isDown || random.oneIn(2) {
                    test.files.reboot(&random)
                } else {
                    test.files.kill()
                }
                let found = try #require(try test.value(), "seed \(seed), round \(round): no record is left")
                #expect(found >= synced, "seed \(seed), round \(round): the synced record is lost")
            }
        }
    }

    /// Opens the record and writes and syncs it, until something fails. `synced` is what must be there then.
    private func work(_ round: Int, _ synced: inout Int, _ random: inout SplitMix64) throws {
        let failing = FailingFiles(files)
        if random.oneIn(3) {
            failing.fail(.syncData, code: 5, skipping: Int.random(in: 0...3, using: &random))
        }
        files.failPower(after: Int.random(in: 0...12, using: &random), seed: random.next())
        let file = try #require(try SlotFile.open(path, in: LogDirectory("/", files: failing)))
        synced = try value() ?? 0
        for step in 0..<Int.random(in: 0...6, using: &random) {
            let value = round * 10 + step
            try write(value, to: file)
            guard random.oneIn(2) else { continue }
            try file.sync()
            synced = value
        }
    }

    @Test("A failed write never costs the record that holds, however often it is tried")
    func survivesFailedWrites() throws {
        try make()
        let failing = FailingFiles(files)
        let directory = LogDirectory("/", files: failing)
        let file = try #require(try SlotFile.open(path, in: directory))
        for part in [1, 30, 100, 500] {
            failing.fail(.write, code: 28, partBytes: part)
            #expect(throws: LogError.self) { try write(7, to: file) }
            try file.sync()
            #expect(try value() == 0)
        }
        try write(8, to: file)
        try file.sync()
        #expect(try value() == 8)
    }

    @Test("Any changed byte of a record makes it invalid")
    func noticesChanges() throws {
        try make()
        let whole = try #require(files.bytes(path))
        for byte in 0..<SlotFile.recordBytes {
            files.corrupt(path) { $0[byte] ^= 4 }
            #expect(try value() == nil, "byte \(byte)")
            files.corrupt(path) { $0 = whole }
        }
        files.corrupt(path) { $0.removeLast($0.count - 100) }
        #expect(try value() == nil)
    }

    @Test("A record that ends too early, wherever, reads as none")
    func refusesTruncatedRecords() {
        let json = Array("{\"text\":\"a\",\"number\":1,\"truth\":true,\"other\":null}".utf8)
        #expect(RecordReader(json)?.number("number") == 1)
        for count in 0..<json.count { #expect(RecordReader(Array(json[..<count])) == nil) }
    }

    @Test("Members that a later version adds are passed over")
    func passesOverUnknownMembers() throws {
        try directory.replace(
            path,
            with: SlotFile.newFile { buffer in
                buffer.append(",\"later\":{\"a\":[1,null]}")
                SyncNote.empty.encode(into: buffer)
                buffer.append(",\"more\":true")
            })
        #expect(try directory.readRecord(path).flatMap { SyncNote(json: $0) } == .empty)
    }
}

extension LogDirectory {
    fileprivate func readRecord(_ path: String) throws(LogError) -> [UInt8]? {
        try SlotFile.read(path, in: self)
    }
}
