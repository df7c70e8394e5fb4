import LogLine
import Replication

/// `?after=OFFSET[&epoch=E][&digest=D][&heartbeat=1[&beat=1]]`: which part of which history a reader wants.
public struct LogQuery: Sendable {
    public var after = Offset.zero
    public var epoch: Epoch?
    /// The reader's own at `after`.
    public var digest: Digest?
    public var wantsHeartbeat = false
    /// With the number that the log gives each.
    public var wantsBeat = false

    /// Unknown parameters are ignored.
    public init(_ items: [(name: String, value: String)]) throws(Problem) {
        for (name, value) in items {
            switch name {
            case "after": after = try LogQuery.parse(value, name, "an offset") { Offset(decimal: $0) }
            case "epoch": epoch = try LogQuery.parse(value, name, "16 lowercase hex digits") { Epoch($0) }
            case "digest": digest = try LogQuery.parse(value, name, "16 lowercase hex digits") { Digest($0) }
            case "heartbeat": wantsHeartbeat = try LogQuery.flag(value, name)
            case "beat": wantsBeat = try LogQuery.flag(value, name)
            default: continue
            }
        }
    }

    private static func flag(_ text: String, _ name: String) throws(Problem) -> Bool {
        try parse(text, name, "0 or 1") { ["0": false, "1": true][$0] }
    }

    private static func parse<Value>(
        _ text: String, _ name: String, _ expected: String, _ parse: (String) -> Value?
    ) throws(Problem) -> Value {
        guard let value = parse(text) else {
            throw Problem(.malformed, "\(name) is '\(text.prefix(64))'; it takes \(expected)", field: name)
        }
        return value
    }

    /// Epoch and head; the digest is checked by `LogReads`.
    func check(against identity: LogIdentity) throws(Problem) {
        if let epoch, epoch != identity.epoch {
            throw Problem(
                .epochConflict, "epoch \(epoch) is not this log's, which is \(identity.epoch)",
                field: "epoch",
                log: identity)
        }
        guard after <= identity.offset else {
            throw Problem(
                .beyondHead, "offset \(after) is beyond the log's head \(identity.offset)", field: "after",
                log: identity)
        }
    }

    func digestConflict(own: Digest, _ identity: LogIdentity) -> Problem {
        Problem(
            .digestConflict, "this log's digest at offset \(after) is \(own)", field: "digest",
            log: identity)
    }
}
