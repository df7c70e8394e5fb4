import LogLine

@testable import Web

/// Any bytes as a connection's responses: the first two say how the others are cut, the third which of them
/// answer HEAD. However they are cut, the parser reports the same.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzResponses(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard count > 3 else { return 0 }
    let bytes = UnsafeRawBufferPointer(start: data, count: count)
    let input = UnsafeRawBufferPointer(rebasing: bytes.dropFirst(3))
    let sizes = [(input.count, input.count), (Int(bytes[0]) + 1, Int(bytes[1]) + 1), (1, 1)]
    let traces = sizes.map {
        var trace = ResponseTrace(heads: bytes[2])
        return trace.run(input, pieceBytes: $0)
    }
    precondition(traces[1] == traces[0] && traces[2] == traces[0])
    return 0
}

private struct ResponseTrace {
    /// Bit by bit from the lowest, in turns: whether the next response answers HEAD.
    var heads: UInt8
    private let parser = HTTPResponseParser()
    private let out = ByteBuffer()

    init(heads: UInt8) { self.heads = heads }

    /// What the parser reports about `input` in pieces that take turns in their sizes.
    mutating func run(_ input: UnsafeRawBufferPointer, pieceBytes: (Int, Int)) -> [UInt8] {
        var rest = input
        var sizes = pieceBytes
        while !rest.isEmpty {
            parser.feed(UnsafeRawBufferPointer(rebasing: rest.prefix(sizes.0)))
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(sizes.0))
            sizes = (sizes.1, sizes.0)
            guard pull() else { return out.array }
        }
        parser.feedEnd()
        _ = pull()
        return out.array
    }

    /// False when a response was refused.
    private mutating func pull() -> Bool {
        while true {
            parser.expect(answerTo: heads & 1 == 1 ? .head : .get)
            switch parser.next() {
            case .needMore: return true
            case .head(let head): append(head)
            case .body(let piece): out.append(piece)
            case .end:
                out.append("end")
                heads = heads >> 1 | heads << 7
            case .failed(let failure):
                out.append(utf8: "\(failure)")
                return false
            }
        }
    }

    private func append(_ head: ResponseHead) {
        precondition(head.status >= 200 && head.status <= 999)
        out.append(utf8: "\(head.status) \(head.versionMinor) \(head.keepsAlive) \(head.contentLength ?? -1)")
        head.fields.forEach { name, value in
            out.append(name)
            out.append(value)
        }
    }
}
