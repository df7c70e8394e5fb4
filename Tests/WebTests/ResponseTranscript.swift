@testable import Web

/// What a response parser reports about `pieces`, one text per step, the pieces of a body joined; pulled dry
/// after every piece, then told of the connection's end.
func responseTranscript(
    _ pieces: [[UInt8]], answering methods: [HTTPMethod] = [.get], ends: Bool = true
) -> [String] {
    let parser = HTTPResponseParser()
    var transcript = ResponseTranscript(methods: methods)
    for piece in pieces {
        piece.withUnsafeBytes { parser.feed($0) }
        transcript.pull(parser)
    }
    if ends {
        parser.feedEnd()
        transcript.pull(parser)
    }
    return transcript.steps + ["left: \(parser.hasBufferedBytes)"]
}

func responseTranscript(_ text: String, answering methods: [HTTPMethod] = [.get], ends: Bool = true)
    -> [String]
{
    responseTranscript([Array(text.utf8)], answering: methods, ends: ends)
}

private struct ResponseTranscript {
    var methods: [HTTPMethod]
    var steps: [String] = []
    private var isInBody = false

    init(methods: [HTTPMethod]) { self.methods = methods }

    mutating func pull(_ parser: HTTPResponseParser) {
        while let method = methods.first {
            parser.expect(answerTo: method)
            switch parser.next() {
            case .needMore:
                return
            case .head(let head):
                steps.append(describe(head))
                isInBody = false
            case .body(let piece):
                let text = String(decoding: piece, as: UTF8.self)
                if isInBody { steps[steps.count - 1] += text } else { steps.append("body " + text) }
                isInBody = true
            case .end:
                steps.append("end")
                isInBody = false
                methods.removeFirst()
            case .failed(let failure):
                let step = "failed \(failure.code) \(failure.field): \(failure.detail)"
                if steps.last != step { steps.append(step) }
                return
            }
        }
    }

    private func describe(_ head: ResponseHead) -> String {
        var text = "\(head.status) HTTP/1.\(head.versionMinor)" + (head.keepsAlive ? " stays" : " closes")
        if let length = head.contentLength { text += " length=\(length)" }
        head.fields.forEach { name, value in
            text += " [\(String(decoding: name, as: UTF8.self))=\(String(decoding: value, as: UTF8.self))]"
        }
        return text
    }
}
