import Glibc
import LogLine
import Web

/// Lets a program in another language see what the request parser makes of bytes.
///
/// On standard input: inputs, each as its length in four bytes, most significant first, and then its bytes.
/// On standard output: for each input one line of JSON, bytes in hexadecimal:
/// `{"requests":[{"method","target","minor","fields":[[name,value]…],"body"}…],"state":…}`, the state being
/// `idle`, `partial` or `refused`, the last with `"status"` and `"detail"`.
enum HTTPParseProbe {
    private static let pieceBytes = 65_536

    static func run() {
        let input = readAll()
        let out = ByteBuffer()
        var rest = input.pointer
        while let frame = nextFrame(&rest) { describe(frame, into: out) }
        guard rest.isEmpty else { fatalError("the input is not framed as it should be") }
        writeAll(out.pointer)
    }

    private static func readAll() -> ByteBuffer {
        let input = ByteBuffer()
        var count = 1
        while count > 0 {
            input.append(upTo: pieceBytes) { room in
                count = max(read(STDIN_FILENO, room.baseAddress, room.count), 0)
                return count
            }
        }
        return input
    }

    private static func writeAll(_ bytes: UnsafeRawBufferPointer) {
        var rest = bytes
        while !rest.isEmpty {
            let count = write(STDOUT_FILENO, rest.baseAddress, rest.count)
            guard count > 0 else { return }
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
        }
    }

    private static func nextFrame(_ bytes: inout UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        guard bytes.count >= 4 else { return nil }
        let count = bytes.prefix(4).reduce(0) { $0 << 8 | Int($1) }
        guard bytes.count - 4 >= count else { return nil }
        defer { bytes = UnsafeRawBufferPointer(rebasing: bytes.dropFirst(4 + count)) }
        return UnsafeRawBufferPointer(rebasing: bytes.dropFirst(4).prefix(count))
    }

    private static func describe(_ input: UnsafeRawBufferPointer, into out: ByteBuffer) {
        let parser = HTTPRequestParser()
        parser.feed(input)
        var separator: StaticString = ""
        out.append("{\"requests\":[")
        while true {
            switch parser.next() {
            case .headComplete:
                continue
            case .request(let request):
                out.append(separator)
                separator = ","
                describe(request, into: out)
            case .needMore:
                let state = parser.hasPartialRequest ? "partial" : "idle"
                return out.append(utf8: "],\"state\":\"\(state)\"}\n")
            case .failed(let failure):
                out.append(utf8: "],\"state\":\"refused\",\"status\":\(failure.status),\"detail\":")
                out.appendJSONString(Array(failure.detail.utf8))
                return out.append("}\n")
            }
        }
    }

    private static func describe(_ request: HTTPRequest, into out: ByteBuffer) {
        let head = request.head
        out.append(utf8: "{\"method\":\"\(head.method.text)\",\"minor\":\(head.versionMinor),\"target\":")
        appendHexadecimal(head.rawTarget.pointer, to: out)
        out.append(",\"fields\":[")
        var separator: StaticString = "["
        head.fields.forEach { name, value in
            out.append(separator)
            separator = ",["
            appendHexadecimal(name, to: out)
            out.append(",")
            appendHexadecimal(value, to: out)
            out.append("]")
        }
        out.append("],\"body\":")
        appendHexadecimal(request.body.pointer, to: out)
        out.append("}")
    }

    private static func appendHexadecimal(_ bytes: UnsafeRawBufferPointer, to out: ByteBuffer) {
        let digits = Array("0123456789abcdef".utf8)
        out.append("\"")
        for byte in bytes {
            out.append(digits[Int(byte >> 4)])
            out.append(digits[Int(byte & 15)])
        }
        out.append("\"")
    }
}
