import LogLine
import Replication

/// A small record that is overwritten often and must survive a torn write: a file of two slots, written in
/// turn.
///
/// The slot that was synced last is never touched before the other one has been synced, so one whole record
/// is always on disk. Each slot begins on a page of its own (4,096 bytes) and is one line of JSON, padded
/// with spaces to 512 bytes:
///
///     {"sequence":7,…,"crc":"0a1b2c3d"}     \n
///
/// A slot is valid if and only if it has the `sequence` in front, the `crc` at the end, that crc is the
/// CRC-32C of the bytes before `,"crc"`, and only spaces and the newline follow. Of two valid slots the
/// higher sequence holds.
///
/// Failure modes: a failed write changes nothing that holds (the slot being written is not the synced one); a
/// failed sync is terminal, as everywhere.
///
/// One owner; no thread of its own.
final class SlotFile {
    static let slotBytes = 4096
    static let recordBytes = 512
    static let fileBytes = 2 * slotBytes

    private let file: LogFile
    private var sequence: UInt64
    /// Which slot is written next.
    private var slot: Int
    private let buffer = ByteBuffer(capacity: SlotFile.recordBytes)
    /// Whether a whole record was written since the last sync. (After a failed write there is none: the slot
    /// is broken, and the other one must stay the one that holds.)
    private(set) var isDirty = false

    private init(file: LogFile, sequence: UInt64, slot: Int) {
        self.file = file
        self.sequence = sequence
        self.slot = slot
    }

    /// The bytes of a new file whose first slot holds a record.
    static func newFile(_ record: (ByteBuffer) -> Void) -> [UInt8] {
        let buffer = ByteBuffer(capacity: recordBytes)
        encode(sequence: 1, record, into: buffer)
        return buffer.array + [UInt8](repeating: UInt8(ascii: " "), count: fileBytes - recordBytes)
    }

    /// The record that holds, as a whole JSON object; nil when neither slot is valid or there is no file.
    static func read(_ path: String, in directory: LogDirectory) throws(LogError) -> [UInt8]? {
        guard let bytes = try directory.contents(path, bytesMax: fileBytes) else { return nil }
        return newest(of: validRecords(bytes))?.json
    }

    /// Opens a file of which at least one slot is valid, for writing; nil otherwise.
    ///
    /// When both slots are valid nobody knows whether the newer one is on disk or only in memory: it is
    /// written anew and synced before the other may be touched. When one is not, the other was synced before
    /// it was begun.
    static func open(_ path: String, in directory: LogDirectory) throws(LogError) -> SlotFile? {
        guard let file = try directory.openIfPresent(path, .update) else { return nil }
        let records = validRecords(try file.read(at: 0, upTo: fileBytes))
        guard let newest = newest(of: records) else { return nil }
        if records.count == 2 {
            try file.write(at: newest.slot * slotBytes, newest.bytes)
            try file.sync()
        }
        return SlotFile(file: file, sequence: newest.sequence, slot: 1 - newest.slot)
    }

    /// Writes a record, its members appended to the buffer each with a comma in front; durable with the next
    /// `sync`.
    func write(_ record: (ByteBuffer) -> Void) throws(LogError) {
        buffer.truncate(to: 0)
        Self.encode(sequence: sequence + 1, record, into: buffer)
        isDirty = false
        try file.write(at: slot * Self.slotBytes, buffer.pointer)
        sequence += 1
        isDirty = true
    }

    func sync() throws(LogError) {
        guard isDirty else { return }
        try file.sync()
        isDirty = false
        slot = 1 - slot
    }
}

extension SlotFile {
    private struct Record {
        let slot: Int
        let sequence: UInt64
        let bytes: [UInt8]
        let json: [UInt8]
    }

    /// `,"crc":"0a1b2c3d"}`
    private static let crcBytes = 18

    private static func encode(sequence: UInt64, _ record: (ByteBuffer) -> Void, into buffer: ByteBuffer) {
        buffer.append("{\"sequence\":")
        buffer.append(decimal: sequence)
        record(buffer)
        let crc = CRC32C.checksum(buffer.pointer)
        buffer.append(",\"crc\":\"")
        buffer.append(hexadecimal: crc)
        buffer.append("\"}")
        precondition(buffer.count < recordBytes, "a record of \(buffer.count) bytes does not fit its slot")
        buffer.append(padding: recordBytes - 1 - buffer.count)
        buffer.append(UInt8(ascii: "\n"))
    }

    private static func newest(of records: [Record]) -> Record? {
        records.max { $0.sequence < $1.sequence }
    }

    private static func validRecords(_ bytes: [UInt8]) -> [Record] {
        (0...1).compactMap { slot in
            let start = slot * slotBytes
            guard bytes.count >= start + recordBytes else { return nil }
            return record(slot: slot, Array(bytes[start..<start + recordBytes]))
        }
    }

    private static func record(slot: Int, _ bytes: [UInt8]) -> Record? {
        guard bytes.last == UInt8(ascii: "\n"),
            let last = bytes.dropLast().lastIndex(where: { $0 != UInt8(ascii: " ") }), last >= crcBytes
        else { return nil }
        let json = Array(bytes[...last])
        let body = ByteSlice(json.dropLast(crcBytes))
        let buffer = ByteBuffer()
        buffer.append(",\"crc\":\"")
        buffer.append(hexadecimal: CRC32C.checksum(body.pointer))
        buffer.append("\"}")
        guard json.suffix(crcBytes) == buffer.array[...], let sequence = sequence(of: json) else {
            return nil
        }
        return Record(slot: slot, sequence: sequence, bytes: bytes, json: json)
    }

    private static func sequence(of json: [UInt8]) -> UInt64? {
        RecordReader(json)?.number("sequence")
    }
}

extension ByteBuffer {
    /// 8 lowercase digits.
    fileprivate func append(hexadecimal value: UInt32) {
        for shift in stride(from: 28, through: 0, by: -4) {
            let digit = UInt8(truncatingIfNeeded: value >> UInt32(shift)) & 0xF
            append(digit < 10 ? 0x30 + digit : 0x61 - 10 + digit)
        }
    }

    fileprivate func append(padding count: Int) {
        append(upTo: count) { room in
            room.initializeMemory(as: UInt8.self, repeating: UInt8(ascii: " "))
            return count
        }
    }
}
