import EventLoop
import LogLine
import Web

/// What `/state` says of a service.
struct ServiceState {
    var service = ""
    var replicaID = ""
    var epoch = ""
    var offset = Offset.zero
    var head: Offset?
    var digest = ""
    var source = ""
    var redis = ""

    @LoopActor
    static func read(_ endpoint: Endpoint) async throws(ChatControl.Failure) -> ServiceState {
        let body = try await endpoint.answer(ClientRequest(.get, "/state"))
        do throws(InvalidField) {
            return try ServiceState(body.pointer)
        } catch {
            throw ChatControl.Failure("\(endpoint.url)/state: \(error.detail)")
        }
    }

    init(_ json: UnsafeRawBufferPointer) throws(InvalidField) {
        var reader = JSONReader(json)
        try reader.beginObject(field: nil)
        while let name = try reader.nextKey() {
            switch String(decoding: name, as: UTF8.self) {
            case "service": service = try ServiceState.text(&reader)
            case "replica_id": replicaID = try ServiceState.text(&reader)
            case "epoch": epoch = try ServiceState.scalar(&reader, json)
            case "digest": digest = try ServiceState.text(&reader)
            case "redis": redis = try ServiceState.text(&reader)
            case "source": source = try ServiceState.text(&reader)
            case "offset": offset = Offset(try reader.unsignedInteger(field: "offset"))
            case "head": head = Offset(try reader.unsignedInteger(field: "head"))
            default: _ = try reader.skipValue(field: nil)
            }
        }
        try reader.end()
    }

    private static func text(_ reader: inout JSONReader) throws(InvalidField) -> String {
        String(decoding: try reader.string(field: nil), as: UTF8.self)
    }

    /// A string's content, or the value as it is written (a pod that knows no log yet has `null`).
    private static func scalar(
        _ reader: inout JSONReader, _ json: UnsafeRawBufferPointer
    ) throws(InvalidField) -> String {
        let range = try reader.skipValue(field: nil)
        return String(decoding: json[range], as: UTF8.self).filter { $0 != "\"" }
    }
}
