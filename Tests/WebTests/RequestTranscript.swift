@testable import Web

/// What a request parser reports about `pieces`, one text per step; pulled dry after every piece.
func requestTranscript(_ pieces: [[UInt8]], bodyBytesMax: Int? = nil) -> [String] {
    let parser = HTTPRequestParser()
    var steps: [String] = []
    for piece in pieces {
        piece.withUnsafeBytes { parser.feed($0) }
        pulling: while true {
            switch parser.next() {
            case .needMore:
                break pulling
            case .headComplete(let head):
                steps.append(describe(head))
                if let bodyBytesMax { parser.bodyBytesMax = bodyBytesMax }
            case .request(let request):
                steps.append("body \(request.body.text.debugDescription) of \(request.head.rawTarget.text)")
            case .failed(let failure):
                let step = "failed \(failure.status) \(failure.field): \(failure.detail)"
                if steps.last != step { steps.append(step) }
                break pulling
            }
        }
    }
    steps.append(parser.hasPartialRequest ? "in a message" : "between messages")
    return steps
}

func requestTranscript(_ text: String, bodyBytesMax: Int? = nil) -> [String] {
    requestTranscript([Array(text.utf8)], bodyBytesMax: bodyBytesMax)
}

/// The status with which `text` is refused; nil when it is not.
func refusal(of text: String) -> Int? { refusal(of: Array(text.utf8)) }

func refusal(of bytes: [UInt8]) -> Int? {
    failure(of: bytes)?.status
}

func failure(of bytes: [UInt8], bodyBytesMax: Int? = nil) -> HTTPParseFailure? {
    let parser = HTTPRequestParser()
    bytes.withUnsafeBytes { parser.feed($0) }
    while true {
        switch parser.next() {
        case .needMore: return nil
        case .headComplete: if let bodyBytesMax { parser.bodyBytesMax = bodyBytesMax }
        case .request: continue
        case .failed(let failure): return failure
        }
    }
}

/// The first request in `text`; nil when it is refused or not complete.
func parsedRequest(_ text: String) -> HTTPRequest? {
    let parser = HTTPRequestParser()
    Array(text.utf8).withUnsafeBytes { parser.feed($0) }
    while true {
        switch parser.next() {
        case .needMore, .failed: return nil
        case .headComplete: continue
        case .request(let request): return request
        }
    }
}

private func describe(_ head: RequestHead) -> String {
    var text = "\(head.method.text) \(head.rawTarget.text) HTTP/1.\(head.versionMinor) host=\(head.host)"
    text += head.keepsAlive ? " stays" : " closes"
    if head.expectsContinue { text += " expects" }
    if let length = head.contentLength { text += " length=\(length)" }
    if head.isChunked { text += " chunked" }
    head.fields.forEach { name, value in
        text += " [\(String(decoding: name, as: UTF8.self))=\(String(decoding: value, as: UTF8.self))]"
    }
    for segment in head.path.segments { text += " /\(segment)" }
    for item in head.query { text += " ?\(item.name.text)=\(item.value.text)" }
    return text
}

/// `bytes` cut before each of `cuts`, which are in ascending order.
func split(_ bytes: [UInt8], at cuts: [Int]) -> [[UInt8]] {
    var pieces: [[UInt8]] = []
    var start = 0
    for cut in cuts + [bytes.count] {
        pieces.append(Array(bytes[start..<cut]))
        start = cut
    }
    return pieces
}
