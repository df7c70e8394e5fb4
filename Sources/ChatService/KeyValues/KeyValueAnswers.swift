import LogLine
import Replication
import Views
import Web

/// How keys and counters are shown: docs/openapi.yaml.
enum KeyValueAnswers {
    /// The value by itself, as it stands in the line.
    static func value(_ found: KeyValue, at position: Position) -> Response {
        Response(
            200, type: MediaType.json, fields: [tag(found.offset), ("log-position", position.description)]
        ) { $0.append(found.value) }
    }

    static func page(_ page: KeyValues.Page, of query: KeyValueQuery, at position: Position) -> Response {
        var fields = [(name: "log-position", value: position.description)]
        if let next = page.next { fields.append(("link", link(behind: next, query))) }
        return Response(200, type: MediaType.json, fields: fields) { out in
            out.append("[")
            for (index, item) in page.items.enumerated() {
                if index > 0 { out.append(",\n") }
                encode(item, into: out)
            }
            out.append("]\n")
        }
    }

    static func written(_ receipt: Receipt, status: Int) -> Response {
        Response(status, type: MediaType.json, fields: [tag(receipt.position.offset)]) { out in
            receipt.encode(into: out)
            out.append("\n")
        }
    }

    /// The receipt with `value` as its last member, where the sum is still known.
    static func added(_ receipt: Receipt, sum: Int64?, status: Int) -> Response {
        Response(status, type: MediaType.json) { out in
            receipt.encode(into: out)
            if let sum {
                out.truncate(to: out.count - 1)
                out.append(utf8: ",\"value\":\(sum)}")
            }
            out.append("\n")
        }
    }

    static func counter(_ name: KeyValueName, _ sum: CounterSum, at position: Position) -> Response {
        Response(200, type: MediaType.json, fields: [("log-position", position.description)]) { out in
            out.append("{\"name\":")
            out.appendJSONString(name.bytes)
            out.append(utf8: ",\"value\":\(sum.sum),\"offset\":\(sum.offset)}\n")
        }
    }

    // MARK: Private

    private static func encode(_ item: KeyValue, into out: ByteBuffer) {
        out.append("{\"key\":")
        out.appendJSONString(item.name)
        out.append(",\"value\":")
        out.append(item.value)
        out.append(utf8: ",\"offset\":\(item.offset),\"time\":\"\(item.time)\"}")
    }

    private static func tag(_ offset: Offset) -> (name: String, value: String) { ("etag", "\"\(offset)\"") }

    /// RFC 8288; relative to the request, so that it holds behind any prefix.
    private static func link(behind name: [UInt8], _ query: KeyValueQuery) -> String {
        let prefix = PathEncoding.encode(segment: query.prefix)
        let after = PathEncoding.encode(segment: name)
        return "<?prefix=\(prefix)&after=\(after)&limit=\(query.limit)>; rel=\"next\""
    }
}
