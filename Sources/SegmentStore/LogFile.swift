import Glibc
import LogLine
import Replication

/// An open file with its path, whose errors name file, byte and what the system said.
struct LogFile: Sendable {
    let path: String
    let handle: OpenFile
    let files: any FilePort

    func size() throws(LogError) -> Int {
        do { return try files.size(of: handle) } catch { throw LogError(error, path: path) }
    }

    /// Fills `room` from byte `start` on as far as the file goes; returns how many bytes it read.
    func read(at start: Int, into room: UnsafeMutableRawBufferPointer) throws(LogError) -> Int {
        var count = 0
        while count < room.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: room[count...])
            do {
                let read = try files.read(handle, at: start + count, into: rest)
                guard read > 0 else { break }
                count += read
            } catch {
                throw LogError(error, path: path, byte: start + count)
            }
        }
        return count
    }

    /// The bytes from `start` on, at most `bytesMax`.
    func read(at start: Int, upTo bytesMax: Int) throws(LogError) -> [UInt8] {
        let block = ByteBlock(capacity: bytesMax)
        let room = UnsafeMutableRawBufferPointer(start: block.base, count: bytesMax)
        let count = try read(at: start, into: room)
        return Array(room[..<count])
    }

    /// Writes all of `bytes` at byte `start`. After an error any part of them may stand there.
    func write(at start: Int, _ bytes: UnsafeRawBufferPointer) throws(LogError) {
        var count = 0
        while count < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[count...])
            do {
                count += try files.write(handle, at: start + count, rest)
            } catch {
                throw LogError(error, path: path, byte: start + count)
            }
        }
    }

    func write(at start: Int, _ bytes: [UInt8]) throws(LogError) {
        let slice = ByteSlice(bytes)
        try write(at: start, slice.pointer)
    }

    func truncate(to bytes: Int) throws(LogError) {
        do { try files.truncate(handle, to: bytes) } catch { throw LogError(error, path: path, byte: bytes) }
    }

    /// Any error is `syncFailed`: what was written since the last sync may be lost, whatever a second try
    /// says.
    func sync() throws(LogError) {
        do { try files.syncData(handle) } catch { throw LogError(syncing: path, error) }
    }
}

extension LogError {
    init(_ error: SystemError, path: String, byte: Int? = nil) {
        let place = byte.map { "\(path), byte \($0)" } ?? path
        let isFull = [ENOSPC, EDQUOT, EFBIG].contains(error.code)
        self.init(isFull ? .diskFull : .ioError, "\(place): \(error.explanation)")
    }

    init(syncing path: String, _ error: SystemError) {
        self.init(
            .syncFailed, "\(path): \(error.explanation); what was written since the last sync may be lost")
    }
}

extension SystemError {
    /// For example `pwrite: No space left on device (28)`.
    var explanation: String { "\(call): \(String(cString: strerror(code))) (\(code))" }
}
