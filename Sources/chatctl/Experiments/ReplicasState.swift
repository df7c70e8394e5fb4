import EventLoop
import LogLine
import Web

/// What `/replicas` says of a log's replicas.
struct ReplicasState {
    struct Replica {
        var state = ""
        /// Empty when it has none.
        var address = ""
        var tier = 0
        /// In entries.
        var lag = 0
        var lagMilliseconds = 0.0
    }

    /// From a line's becoming durable until the last pod has applied it.
    struct Visible {
        var p50 = 0.0
        var p99 = 0.0
    }

    private(set) var replicas: [Replica] = []
    /// Nil: there are no samples yet.
    private(set) var visible: Visible?

    @LoopActor
    static func read(_ log: Endpoint) async throws(ChatControl.Failure) -> ReplicasState {
        let body = try await log.answer(ClientRequest(.get, "/replicas"))
        do throws(InvalidField) { return try ReplicasState(body.pointer) } catch {
            throw ChatControl.Failure("\(log.url)/replicas: \(error.detail)")
        }
    }

    init(_ json: UnsafeRawBufferPointer) throws(InvalidField) {
        var reader = JSONReader(json)
        try reader.beginObject(field: nil)
        while let name = try reader.nextKey() {
            switch String(decoding: name, as: UTF8.self) {
            case "replicas":
                try reader.beginArray(field: "replicas")
                while try reader.nextElement(field: "replicas") {
                    replicas.append(try ReplicasState.replica(&reader, json))
                }
            case "visible":
                let value = UnsafeRawBufferPointer(rebasing: json[try reader.skipValue(field: "visible")])
                visible = try ReplicasState.visible(value)
            default: _ = try reader.skipValue(field: nil)
            }
        }
    }

    private static func replica(
        _ reader: inout JSONReader, _ json: UnsafeRawBufferPointer
    ) throws(InvalidField) -> Replica {
        var replica = Replica()
        try reader.beginObject(field: nil)
        while let name = try reader.nextKey() {
            let value = json[try reader.skipValue(field: nil)]
            let text = String(decoding: value, as: UTF8.self)
            switch String(decoding: name, as: UTF8.self) {
            case "state": replica.state = text.filter { $0 != "\"" }
            case "address": replica.address = text == "null" ? "" : text.filter { $0 != "\"" }
            case "tier": replica.tier = Int(text) ?? 0
            case "lag": replica.lag = Int(text) ?? 0
            case "lag_ms": replica.lagMilliseconds = Double(text) ?? 0
            default: break
            }
        }
        return replica
    }

    /// Nil for anything but an object with numbers: there is nothing to tell yet.
    private static func visible(_ json: UnsafeRawBufferPointer) throws(InvalidField) -> Visible? {
        guard json.first == UInt8(ascii: "{") else { return nil }
        var reader = JSONReader(json)
        var members: [String: Double] = [:]
        try reader.beginObject(field: nil)
        while let name = try reader.nextKey() {
            let value = String(decoding: json[try reader.skipValue(field: nil)], as: UTF8.self)
            members[String(decoding: name, as: UTF8.self)] = Double(value)
        }
        guard let p50 = members["p50_ms"], let p99 = members["p99_ms"] else { return nil }
        return Visible(p50: p50, p99: p99)
    }
}
