import EventLoop
import LogLine
import Web

/// What a log says of one pod in `/replicas`.
struct KnownReplica {
    private var members: [String: String] = [:]

    /// Its cells in the table of `status`.
    var row: [String] {
        ["id", "state", "offset", "lag", "lag_ms", "tier", "upstream", "last_heard_ms"].map {
            members[$0] ?? "-"
        }
    }

    @LoopActor
    static func read(_ log: Endpoint) async throws(ChatControl.Failure) -> [KnownReplica] {
        let body = try await log.answer(ClientRequest(.get, "/replicas"))
        do throws(InvalidField) {
            return try list(body.pointer)
        } catch {
            throw ChatControl.Failure("\(log.url)/replicas: \(error.detail)")
        }
    }

    private static func list(_ json: UnsafeRawBufferPointer) throws(InvalidField) -> [KnownReplica] {
        var reader = JSONReader(json)
        var found = [KnownReplica]()
        try reader.beginObject(field: nil)
        while let name = try reader.nextKey() {
            guard name.elementsEqual("replicas".utf8) else {
                _ = try reader.skipValue(field: nil)
                continue
            }
            try reader.beginArray(field: "replicas")
            while try reader.nextElement(field: "replicas") {
                found.append(try KnownReplica(&reader, json))
            }
        }
        try reader.end()
        return found
    }

    private init(_ reader: inout JSONReader, _ json: UnsafeRawBufferPointer) throws(InvalidField) {
        try reader.beginObject(field: nil)
        while let name = try reader.nextKey() {
            let range = try reader.skipValue(field: nil)
            let text = String(decoding: json[range], as: UTF8.self).filter { $0 != "\"" }
            members[String(decoding: name, as: UTF8.self)] = text == "null" ? "-" : text
        }
    }
}
