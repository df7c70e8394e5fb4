import TestSupport
import Testing

@testable import LogLine

@Suite("Byte buffer")
struct ByteBufferTests {
    @Test(
        "Numbers are written in decimal",
        arguments: [0, 1, 9, 10, 99, 100, 12_345, 1 << 53, UInt64.max / 10, UInt64.max - 1, UInt64.max])
    func decimals(value: UInt64) {
        let out = ByteBuffer()
        out.append(decimal: value)
        #expect(out.text == "\(value)")
    }

    @Test("What is appended in any pieces is there in order, and is consumed from the front")
    func piecewise() {
        let seed: UInt64 = 0x5eed_000A
        var random = SplitMix64(seed: seed)
        let buffer = ByteBuffer()
        var model: [UInt8] = []
        for _ in 0..<2_000 {
            switch random.below(5) {
            case 0:
                buffer.append(UInt8(ascii: "x"))
                model.append(UInt8(ascii: "x"))
            case 1:
                let bytes = random.bytes(random.below(600))
                buffer.append(bytes)
                model += bytes
            case 2:
                let count = random.below(model.count + 1)
                buffer.consume(count)
                model.removeFirst(count)
            case 3:
                let count = model.count - random.below(model.count / 4 + 1)
                buffer.truncate(to: count)
                model.removeLast(model.count - count)
            default:
                let bytes = random.bytes(random.below(100))
                buffer.append(upTo: 100) { room in
                    room.copyBytes(from: bytes)
                    return bytes.count
                }
                model += bytes
            }
            guard buffer.array == model else {
                Issue.record("seed \(seed): differs at \(model.count) bytes")
                return
            }
        }
    }

    @Test("A slice taken holds what was written, and the buffer starts anew")
    func taken() {
        let buffer = ByteBuffer()
        buffer.append("first")
        let slice = buffer.takeSlice()
        buffer.append("second")
        #expect(slice.text == "first" && buffer.text == "second")
        #expect(slice[1..<3].text == "ir")
        #expect(ByteBuffer().takeSlice().count == 0)
    }

    @Test("Bytes already there can be written over")
    func overwritten() {
        let buffer = ByteBuffer()
        buffer.append("0123456789")
        Array("ab".utf8).withUnsafeBytes { buffer.overwrite(at: 4, with: $0) }
        #expect(buffer.text == "0123ab6789")
    }

    @Test("An empty buffer holds no memory")
    func empty() {
        let buffer = ByteBuffer(capacity: 100)
        buffer.append("abc")
        buffer.consume(3)
        #expect(buffer.capacity == 0 && buffer.isEmpty)
    }
}
