import Glibc
import LogLine
import LoopTestSupport
import TestSupport
import Testing

@testable import EventLoop

@Suite("What a socket has to send")
struct OutputQueueTests {
    @Test("Small writes, shared slices and file regions arrive whole and in order", arguments: 1...12)
    func order(seed: UInt64) throws {
        // Given a socket that takes little at a time
        var random = SplitMix64(seed: seed)
        let pipe = try SmallPipe()
        let file = try RandomFile(bytes: 300_000, &random)
        var queue = OutputQueue()
        var expected = [UInt8]()
        var arrived = [UInt8]()
        // When pieces of all kinds are queued while the reader takes some of what is there
        for _ in 0..<400 {
            append(to: &queue, &expected, file, &random)
            if random.oneIn(2) { try pipe.send(&queue) }
            if random.oneIn(3) { arrived += pipe.receive(Int.random(in: 1...40_000, using: &random)) }
            #expect(queue.count >= 0)
        }
        while !queue.isEmpty {
            try pipe.send(&queue)
            arrived += pipe.receive(100_000)
        }
        arrived += pipe.receive(1 << 22)
        // Then what was queued has arrived
        #expect(arrived == expected, "seed \(seed)")
    }

    @Test("A slice's memory is freed as soon as the slice is sent, not with the whole queue")
    func freesSentPieces() throws {
        let pipe = try SmallPipe()
        var queue = OutputQueue()
        weak var first: ByteBlock?
        do {
            let slice = ByteSlice([UInt8](repeating: 1, count: 2_000))
            first = slice.block
            queue.append(slice)
        }
        queue.append(ByteSlice([UInt8](repeating: 2, count: 1 << 20)))
        #expect(first != nil)
        try pipe.send(&queue)
        #expect(!queue.isEmpty)
        #expect(first == nil)
    }

    @Test("A file that is shorter than its region fails the queue instead of sending something else")
    func shortFile() throws {
        var random = SplitMix64(seed: 1)
        let pipe = try SmallPipe()
        let file = try RandomFile(bytes: 100, &random)
        var queue = OutputQueue()
        queue.append(file: file.descriptor, owner: file, offset: 50, count: 100)
        guard case .sent(50) = queue.sendOnce(pipe.sending) else {
            Issue.record("what is there is sent")
            return
        }
        guard case .failed(EIO) = queue.sendOnce(pipe.sending) else {
            Issue.record("the rest is an error")
            return
        }
    }

    @Test("A socket whose peer is gone fails the queue without a signal")
    func brokenPipe() throws {
        let pipe = try SmallPipe()
        pipe.closeReceiving()
        var queue = OutputQueue()
        queue.append(bytes: Array("x".utf8))
        guard case .failed(EPIPE) = queue.sendOnce(pipe.sending) else {
            Issue.record("sending fails")
            return
        }
    }

    private func append(
        to queue: inout OutputQueue, _ expected: inout [UInt8], _ file: RandomFile, _ random: inout SplitMix64
    ) {
        switch Int.random(in: 0..<5, using: &random) {
        case 0, 1:
            let bytes = RandomFile.bytes(Int.random(in: 0...200, using: &random), &random)
            queue.append(bytes: bytes)
            expected += bytes
        case 2:
            // Below and above the size up to which slices are copied.
            let bytes = RandomFile.bytes(Int.random(in: 0...5_000, using: &random), &random)
            queue.append(ByteSlice(bytes))
            expected += bytes
        case 3:
            let bytes = RandomFile.bytes(Int.random(in: 0...5_000, using: &random), &random)
            let start = Int.random(in: 0...bytes.count, using: &random)
            queue.append(shared: ByteSlice(bytes)[start..<bytes.count])
            expected += bytes[start...]
        default:
            let start = Int.random(in: 0..<file.content.count, using: &random)
            let count = Int.random(in: 0...min(20_000, file.content.count - start), using: &random)
            queue.append(file: file.descriptor, owner: file, offset: start, count: count)
            expected += file.content[start..<start + count]
        }
    }
}

/// Two non-blocking sockets with small buffers between them.
private final class SmallPipe {
    let sending: Int32
    private let receiving: Int32

    init() throws {
        var ends: [Int32] = [0, 0]
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw SocketError("socketpair", errno: errno) }
        (sending, receiving) = (ends[0], ends[1])
        var bytes: Int32 = 4_096
        setsockopt(sending, SOL_SOCKET, SO_SNDBUF, &bytes, 4)
    }

    deinit {
        close(sending)
        close(receiving)
    }

    func closeReceiving() { shutdown(receiving, Int32(SHUT_RDWR)) }

    /// Until the socket takes no more.
    func send(_ queue: inout OutputQueue) throws {
        while !queue.isEmpty {
            switch queue.sendOnce(sending) {
            case .sent: continue
            case .wouldBlock: return
            case .failed(let number): throw SocketError("send", errno: number)
            }
        }
    }

    /// Up to `count` bytes of what is there.
    func receive(_ count: Int) -> [UInt8] {
        var all = [UInt8]()
        var piece = [UInt8](repeating: 0, count: 65_536)
        while all.count < count {
            let received = recv(receiving, &piece, min(piece.count, count - all.count), 0)
            guard received > 0 else { return all }
            all += piece[..<received]
        }
        return all
    }
}

/// A file without a name.
final class RandomFile {
    let descriptor: Int32
    let content: [UInt8]

    init(bytes count: Int, _ random: inout SplitMix64) throws {
        content = RandomFile.bytes(count, &random)
        var name = Array("/tmp/chat-cluster-test-XXXXXX".utf8CString)
        descriptor = mkstemp(&name)
        guard descriptor >= 0 else { throw SocketError("mkstemp", errno: errno) }
        unlink(name)
        guard write(descriptor, content, count) == count else { throw SocketError("write", errno: errno) }
    }

    deinit { close(descriptor) }

    static func bytes(_ count: Int, _ random: inout SplitMix64) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, used in
            var start = 0
            while start < count {
                withUnsafeBytes(of: random.next()) { piece in
                    let part = piece.prefix(count - start)
                    UnsafeMutableRawBufferPointer(buffer).baseAddress?.advanced(by: start)
                        .copyMemory(from: piece.baseAddress.unsafelyUnwrapped, byteCount: part.count)
                    start += part.count
                }
            }
            used = count
        }
    }
}

extension OutputQueue {
    /// As a connection adds bytes of its own.
    fileprivate mutating func append(bytes: [UInt8]) {
        let tail = takeTail()
        tail.append(bytes)
        putBack(tail: tail)
    }
}
