import CSystem
import Glibc
import LogLine

/// What a socket still has to send, in order: bytes of its own, shared slices, and regions of files.
struct OutputQueue {
    private enum Piece {
        case slice(ByteSlice)
        // Apart, so that a queue of slices takes less.
        indirect case file(owner: AnyObject, descriptor: Int32, offset: Int, count: Int)

        var count: Int {
            switch self {
            case .slice(let slice): slice.count
            case .file(_, _, _, let count): count
            }
        }
    }

    enum Outcome {
        case sent(Int)
        case wouldBlock
        case failed(Int32)
    }

    /// Bytes not sent yet.
    private(set) var count = 0
    /// Small writes gather here; stands behind all `pieces`. Nil or not empty: an idle socket has none.
    private var tail: ByteBuffer?
    private var pieces = [Piece]()
    /// How much of the first piece is sent.
    private var sentOfFirst = 0
    /// The rest of a shared slice when nothing else is queued, from `loneStart` on and of `count` bytes: what
    /// is said to thousands of idle sockets takes no array for each.
    private var lone: ByteBlock?
    private var loneStart: UInt32 = 0
    private var firstPiece: Int32 = 0

    private var firstIndex: Int { Int(firstPiece) }

    var isEmpty: Bool { count == 0 }

    /// What gathers at the end, to be appended to and put back; nothing else is queued in between.
    mutating func takeTail() -> ByteBuffer {
        queueLone()
        guard let tail = tail.take() else { return ByteBuffer(capacity: ConnectionLimits.tailBytes) }
        count -= tail.count
        return tail
    }

    /// Precondition: it was taken, and nothing was queued since.
    mutating func putBack(tail: ByteBuffer) {
        precondition(self.tail == nil, "who writes to a connection writes nothing else to it meanwhile")
        count += tail.count
        self.tail = tail.isEmpty ? nil : tail
    }

    mutating func append(_ slice: ByteSlice) {
        guard slice.count > 0 else { return }
        queueLone()
        count += slice.count
        guard slice.count > ConnectionLimits.copiedSliceBytesMax else {
            let tail = self.tail ?? ByteBuffer()
            self.tail = tail
            return tail.append(slice)
        }
        sealTail()
        pieces.append(.slice(slice))
    }

    /// Without a copy, however small: for what many sockets send.
    mutating func append(shared slice: ByteSlice) {
        guard slice.count > 0 else { return }
        guard !isEmpty || slice.start + slice.count > UInt32.max else {
            lone = slice.block
            loneStart = UInt32(slice.start)
            count = slice.count
            return
        }
        queueLone()
        count += slice.count
        sealTail()
        pieces.append(.slice(slice))
    }

    mutating func append(file descriptor: Int32, owner: AnyObject, offset: Int, count: Int) {
        guard count > 0 else { return }
        queueLone()
        self.count += count
        sealTail()
        pieces.append(.file(owner: owner, descriptor: descriptor, offset: offset, count: count))
    }

    mutating func removeAll() {
        pieces = []
        firstPiece = 0
        sentOfFirst = 0
        count = 0
        tail = nil
        lone = nil
    }

    /// One system call's worth.
    mutating func sendOnce(_ socket: Int32) -> Outcome {
        if let lone { return sendLone(lone, socket) }
        if firstIndex == pieces.count, !pieces.isEmpty { forgetSentPieces() }
        if pieces.isEmpty { return sendTail(socket) }
        if case .file(_, let descriptor, let offset, let count) = pieces[firstIndex] {
            let wanted = min(count - sentOfFirst, ConnectionLimits.sendBytesPerTurn)
            let sent = csystem_sendfile(socket, descriptor, Int64(offset + sentOfFirst), wanted)
            // A file that ends early was cut under us: the answer cannot be completed.
            return sent == 0 ? .failed(EIO) : finish(sent)
        }
        return sendSlices(socket)
    }

    // MARK: Private

    /// Something comes behind it.
    private mutating func queueLone() {
        guard let block = lone.take() else { return }
        pieces.append(.slice(ByteSlice(block: block, start: Int(loneStart), count: count)))
    }

    private mutating func sendLone(_ block: ByteBlock, _ socket: Int32) -> Outcome {
        let sent = send(socket, block.base + Int(loneStart), count, Int32(MSG_NOSIGNAL))
        guard sent >= 0 else { return OutputQueue.failure() }
        count -= sent
        loneStart += UInt32(sent)
        if isEmpty { lone = nil }
        return .sent(sent)
    }

    private mutating func sealTail() {
        guard let tail = tail.take() else { return }
        pieces.append(.slice(tail.takeSlice()))
    }

    private mutating func sendTail(_ socket: Int32) -> Outcome {
        guard let tail else { return .sent(0) }
        let sent = send(socket, tail.pointer.baseAddress, tail.count, Int32(MSG_NOSIGNAL))
        guard sent >= 0 else { return OutputQueue.failure() }
        count -= sent
        consumeTail(sent)
        return .sent(sent)
    }

    private mutating func consumeTail(_ bytes: Int) {
        guard let tail else { return }
        tail.consume(bytes)
        if tail.isEmpty { self.tail = nil }
    }

    private mutating func sendSlices(_ socket: Int32) -> Outcome {
        let sent = withUnsafeTemporaryAllocation(of: iovec.self, capacity: ConnectionLimits.piecesPerSend) {
            vectors in
            var used = 0
            var skip = sentOfFirst
            var index = firstIndex
            while index < pieces.count, used < vectors.count, case .slice(let slice) = pieces[index] {
                let base = slice.block.base + slice.start + skip
                vectors.initializeElement(at: used, to: iovec(iov_base: base, iov_len: slice.count - skip))
                skip = 0
                used += 1
                index += 1
            }
            if index == pieces.count, used < vectors.count, let tail {
                let base = UnsafeMutableRawPointer(mutating: tail.pointer.baseAddress)
                vectors.initializeElement(at: used, to: iovec(iov_base: base, iov_len: tail.count))
                used += 1
            }
            // One piece takes the shorter way through the kernel.
            guard used > 1 else { return send(socket, vectors[0].iov_base, vectors[0].iov_len, 0) }
            return writev(socket, vectors.baseAddress, Int32(used))
        }
        return finish(sent)
    }

    private mutating func finish(_ sent: Int) -> Outcome {
        guard sent >= 0 else { return OutputQueue.failure() }
        count -= sent
        var rest = sent
        while rest > 0, firstIndex < pieces.count {
            let unsent = pieces[firstIndex].count - sentOfFirst
            if rest < unsent {
                sentOfFirst += rest
                return .sent(sent)
            }
            rest -= unsent
            sentOfFirst = 0
            // Frees the piece's memory now, not when the whole queue is through.
            pieces[firstIndex] = .slice(.empty)
            firstPiece += 1
        }
        if firstIndex == pieces.count { forgetSentPieces() }
        if rest > 0 { consumeTail(rest) }
        return .sent(sent)
    }

    private mutating func forgetSentPieces() {
        pieces = []
        firstPiece = 0
    }

    private static func failure() -> Outcome {
        errno == EAGAIN || errno == EINTR ? .wouldBlock : .failed(errno)
    }
}
