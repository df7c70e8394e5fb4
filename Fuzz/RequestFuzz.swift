import LogLine

@testable import Web

/// Any bytes as a connection's requests: the first two say how the others are cut. However that is, the
/// parser reports the same; and everything that can be asked of an accepted request can be answered.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzRequests(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard count > 2 else { return 0 }
    let bytes = UnsafeRawBufferPointer(start: data, count: count)
    let input = UnsafeRawBufferPointer(rebasing: bytes.dropFirst(2))
    let whole = trace(input, pieceBytes: (input.count, input.count))
    precondition(trace(input, pieceBytes: (Int(bytes[0]) + 1, Int(bytes[1]) + 1)) == whole)
    precondition(trace(input, pieceBytes: (1, 1)) == whole)
    return 0
}

/// What the parser reports about `input` in pieces that take turns in their sizes.
private func trace(_ input: UnsafeRawBufferPointer, pieceBytes: (Int, Int)) -> [UInt8] {
    let parser = HTTPRequestParser()
    let out = ByteBuffer()
    var rest = input
    var sizes = pieceBytes
    while !rest.isEmpty {
        parser.feed(UnsafeRawBufferPointer(rebasing: rest.prefix(sizes.0)))
        rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(sizes.0))
        sizes = (sizes.1, sizes.0)
        if let failure = pull(parser, into: out) {
            out.append(utf8: "\(failure)")
            break
        }
    }
    out.append(parser.hasPartialRequest ? 1 : 0)
    return out.array
}

private func pull(_ parser: HTTPRequestParser, into out: ByteBuffer) -> HTTPParseFailure? {
    while true {
        switch parser.next() {
        case .needMore: return nil
        case .failed(let failure): return failure
        case .headComplete(let head):
            append(head, to: out)
            parser.bodyBytesMax = 64
        case .request(let request):
            precondition(request.body.count <= 64)
            out.append(request.body)
        }
    }
}

private func append(_ head: RequestHead, to out: ByteBuffer) {
    out.append(utf8: "\(head.method.text) \(head.versionMinor) \(head.keepsAlive) \(head.expectsContinue) ")
    out.append(utf8: "\(head.host) \(head.hasBody) \(head.header("cookie") ?? "") ")
    out.append(head.wantsUpgrade(to: "websocket") ? 1 : 0)
    for segment in head.path.segments { out.append(segment) }
    for item in head.query {
        guard String(validating: item.name.decoded, as: UTF8.self) != nil,
            String(validating: item.value.decoded, as: UTF8.self) != nil
        else { fatalError("a query that is not UTF-8 was accepted") }
        out.append(item.name.decoded)
        out.append(item.value.decoded)
    }
    head.fields.forEach { name, value in
        precondition(!name.isEmpty && !value.contains { $0 < 0x20 && $0 != 0x09 || $0 == 0x7F })
        out.append(name)
        out.append(value)
    }
}
