import LogLine
import Replication

/// Taking bytes out of a log without destroying them.
extension LogDirectory {
    /// Copies bytes of a segment to a file of their own under `cut/`; durable on return.
    func keepAside(
        _ bytes: Range<Int>, of file: LogFile, epoch: Epoch, offset: Offset
    ) throws(LogError) -> String {
        try makeDirectories(cutPath)
        let copy = try open(try freePath(epoch: epoch, offset: offset), .create)
        try file.copy(bytes, to: copy, at: 0)
        try copy.sync()
        try sync(directory: cutPath)
        return copy.path
    }

    /// Moves a whole segment under `cut/`; durable on return.
    func moveAside(segment first: Offset, epoch: Epoch) throws(LogError) -> String {
        try makeDirectories(cutPath)
        let target = try freePath(epoch: epoch, offset: first)
        try rename(segmentPath(first: first), to: target)
        try sync(directory: cutPath)
        try sync(directory: segmentsPath)
        return target
    }

    /// `cut/<epoch>-<offset>-<n>.bytes` with the lowest n, from 0, that is not taken.
    private func freePath(epoch: Epoch, offset: Offset) throws(LogError) -> String {
        let taken = Set(try list(cutPath) ?? [])
        var number = 0
        while taken.contains("\(epoch)-\(offset)-\(number).bytes") { number += 1 }
        return "\(cutPath)/\(epoch)-\(offset)-\(number).bytes"
    }
}

extension LogFile {
    /// Writes some of its bytes to `target`, from byte `start` on.
    func copy(_ bytes: Range<Int>, to target: LogFile, at start: Int) throws(LogError) {
        let chunk = ByteBlock(capacity: StoreLimits.scanBytes)
        var at = bytes.lowerBound
        while at < bytes.upperBound {
            let count = min(chunk.capacity, bytes.upperBound - at)
            let room = UnsafeMutableRawBufferPointer(start: chunk.base, count: count)
            let read = try self.read(at: at, into: room)
            guard read > 0 else {
                throw LogError(.ioError, "\(path), byte \(at): the file became shorter")
            }
            try target.write(
                at: start + at - bytes.lowerBound, UnsafeRawBufferPointer(rebasing: room[..<read]))
            at += read
        }
    }

    /// Writes the bytes that stand there once more, so that the next sync takes them to the disk even if an
    /// earlier one failed and left them in memory only.
    func rewrite(_ bytes: Range<Int>) throws(LogError) {
        let chunk = ByteBlock(capacity: StoreLimits.scanBytes)
        var at = bytes.lowerBound
        while at < bytes.upperBound {
            let count = min(chunk.capacity, bytes.upperBound - at)
            let room = UnsafeMutableRawBufferPointer(start: chunk.base, count: count)
            let read = try self.read(at: at, into: room)
            guard read == count else {
                throw LogError(.ioError, "\(path), byte \(at): the file became shorter")
            }
            try write(at: at, UnsafeRawBufferPointer(room))
            at += read
        }
    }
}
