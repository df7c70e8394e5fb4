import Glibc
import LogLine
import Synchronization

/// Lines of about 230 bytes, each a slice of its own.
struct Lines: Sendable {
    let slices: [ByteSlice]

    init(count: Int) {
        let text = Array(String(repeating: "Hello everyone! ", count: 6).utf8)
        slices = (1...count).map { number in
            let id = try? MessageID(validating: Array("id-\(number)".utf8))
            let draft = Draft(
                channel: Channel(trusted: Array("default-channel".utf8)), id: id, body: .text(text))
            let buffer = ByteBuffer(capacity: 256)
            _ = Line.encode(
                draft, offset: Offset(UInt64(number)), time: Timestamp(milliseconds: 1_800_000_000_000),
                into: buffer)
            return buffer.takeSlice()
        }
    }
}

/// A number that threads share.
final class Counter: Sendable {
    private let count = Atomic(0)

    var value: Int { count.load(ordering: .acquiring) }
    func add(_ more: Int) { count.add(more, ordering: .acquiringAndReleasing) }
}

/// Time and processor time since it was made.
struct Usage {
    private let wall: Double
    private let processor: Double

    init() {
        wall = Self.clock(CLOCK_MONOTONIC)
        processor = Self.clock(CLOCK_PROCESS_CPUTIME_ID)
    }

    func report(_ name: String, count: Int, bytes: Int = 0) {
        let wall = Self.clock(CLOCK_MONOTONIC) - wall
        let processor = Self.clock(CLOCK_PROCESS_CPUTIME_ID) - processor
        let rate = Int(Double(count) / wall)
        let each = (processor / Double(count) * 1e8).rounded() / 100
        let throughput = bytes > 0 ? ", \(Int(Double(bytes) / wall / 1e6)) MB/s" : ""
        print("\(name): \(rate)/s, \(each) µs of processor each\(throughput)")
    }

    private static func clock(_ clock: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
