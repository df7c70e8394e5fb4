import LogLine

/// What a pod tells the log of itself: one JSON object, over Redis or by `POST /replicas`.
///
/// | member | |
/// |---|---|
/// | `replica_id` | see `ReplicaID` |
/// | `incarnation` | 16 lowercase hexadecimal digits, random, drawn by the pod at its start |
/// | `sequence` | grows with every report of the incarnation |
/// | `epoch`, `digest` | of the log that it follows; `epoch` is left out until it is known |
/// | `offset` | applied |
/// | `run`, `beat` | of the newest of the log's heartbeats that it has heard (`Beat`); see `ReplicaWatch` |
/// | `address` | where other pods reach it (`ReplicaAddress`), when it is known |
/// | `following` | `redis`, `log`, the id of the pod that feeds it, or `none` while it waits for a place |
/// | `ready` | it has caught up since its start, and is not draining |
/// | `leaving` | `true`: it stops; this is its last word |
/// | `wants_upstream` | `true`: it asks which pod is to feed it |
/// | `lost` | the id of a pod that no longer feeds it |
/// | `simulated_delay` | by how much its reports are held back on purpose |
///
/// Valid if and only if: an object of at most `ReplicaLimits.reportBytesMax` bytes with `replica_id`,
/// `incarnation`, `sequence`, `offset`, `digest`, `following` and `ready`, each of its form; with a seal it
/// carries the right `mac` as its last member. Members that are not known are passed over.
public struct ReplicaReport: Equatable, Sendable {
    /// Where a pod's lines come from.
    public enum Following: Hashable, Sendable {
        case redis
        case log
        case replica(ReplicaID)
        /// From nowhere: it waits for a place in the tree.
        case nowhere
    }

    public var replicaID: ReplicaID
    public var incarnation: UInt64
    public var sequence: UInt64
    public var epoch: Epoch?
    public var offset: Offset
    public var digest: Digest
    public var address: String?
    public var following: Following
    public var isReady: Bool
    public var isLeaving = false
    public var wantsUpstream = false
    public var lost: ReplicaID?
    public var simulatedDelay: String?
    /// The newest of the log's heartbeats that the pod had heard.
    public var heard: Beat?

    public init(
        replicaID: ReplicaID, incarnation: UInt64, sequence: UInt64, epoch: Epoch?, offset: Offset,
        digest: Digest, following: Following, isReady: Bool
    ) {
        self.replicaID = replicaID
        self.incarnation = incarnation
        self.sequence = sequence
        self.epoch = epoch
        self.offset = offset
        self.digest = digest
        self.following = following
        self.isReady = isReady
    }
}

extension ReplicaReport.Following: CustomStringConvertible {
    public var description: String {
        switch self {
        case .redis: "redis"
        case .log: "log"
        case .replica(let id): id.description
        case .nowhere: "none"
        }
    }

    init(validating bytes: [UInt8]) throws(InvalidField) {
        if bytes.elementsEqual("redis".utf8) {
            self = .redis
        } else if bytes.elementsEqual("log".utf8) {
            self = .log
        } else if bytes.elementsEqual("none".utf8) {
            self = .nowhere
        } else {
            self = .replica(try ReplicaID(validating: bytes))
        }
    }
}

// MARK: - JSON

extension ReplicaReport: BusObject {
    public static let kind = "report"
    public static let bytesMax = ReplicaLimits.reportBytesMax

    public func encodePlain(into out: ByteBuffer) {
        out.append("{\"replica_id\":")
        out.appendJSONString(replicaID.bytes)
        out.append(",\"incarnation\":\"")
        out.append(hexadecimal: incarnation)
        out.append("\",\"sequence\":")
        out.append(decimal: sequence)
        if let epoch {
            out.append(",\"epoch\":\"")
            out.append(hexadecimal: epoch.value)
            out.append("\"")
        }
        out.append(",\"offset\":")
        out.append(decimal: offset.value)
        out.append(",\"digest\":\"")
        out.append(hexadecimal: digest.value)
        out.append("\"")
        if let address { encode("address", Array(address.utf8), into: out) }
        encode("following", Array(following.description.utf8), into: out)
        out.append(isReady ? ",\"ready\":true" : ",\"ready\":false")
        if isLeaving { out.append(",\"leaving\":true") }
        if wantsUpstream { out.append(",\"wants_upstream\":true") }
        if let lost { encode("lost", lost.bytes, into: out) }
        if let simulatedDelay { encode("simulated_delay", Array(simulatedDelay.utf8), into: out) }
        heard?.encodeMembers(into: out)
        out.append("}")
    }

    private func encode(_ name: String, _ value: [UInt8], into out: ByteBuffer) {
        out.append(utf8: ",\"\(name)\":")
        out.appendJSONString(value)
    }

    public static func read(_ reader: inout JSONReader) throws(InvalidField) -> ReplicaReport {
        var members = Members()
        try reader.beginObject(field: nil)
        while let name = try reader.nextKey() { try members.read(name, from: &reader) }
        return try members.report()
    }

    /// What has been read so far.
    private struct Members {
        private var identity = LogIdentityMembers()
        private var beat = BeatMembers()
        private var replicaID: ReplicaID?
        private var incarnation: UInt64?
        private var sequence: UInt64?
        private var address: String?
        private var following: Following?
        private var isReady: Bool?
        private var isLeaving = false
        private var wantsUpstream = false
        private var lost: ReplicaID?
        private var simulatedDelay: String?

        mutating func read(_ name: [UInt8], from reader: inout JSONReader) throws(InvalidField) {
            if try identity.read(name, from: &reader) { return }
            if try beat.read(name, from: &reader) { return }
            let field = String(decoding: name, as: UTF8.self)
            switch field {
            case "replica_id": replicaID = try Members.id(field, &reader)
            case "incarnation": incarnation = try reader.epoch(field: field).value
            case "sequence": sequence = try reader.unsignedInteger(field: field)
            case "address":
                address = try ReplicaAddress.validate(
                    try reader.string(field: field, bytesMax: ReplicaLimits.addressBytesMax))
            case "following":
                following = try Following(
                    validating: try reader.string(field: field, bytesMax: ReplicaID.bytesMax))
            case "ready": isReady = try reader.boolean(field: field)
            case "leaving": isLeaving = try reader.boolean(field: field)
            case "wants_upstream": wantsUpstream = try reader.boolean(field: field)
            case "lost": lost = try Members.id(field, &reader)
            case "simulated_delay": simulatedDelay = try Members.delay(field, &reader)
            default: _ = try reader.skipValue(field: nil)
            }
        }

        func report() throws(InvalidField) -> ReplicaReport {
            let replicaID = try Members.required(replicaID, "replica_id")
            let incarnation = try Members.required(incarnation, "incarnation")
            let sequence = try Members.required(sequence, "sequence")
            let offset = try Members.required(identity.offset, "offset")
            let digest = try Members.required(identity.digest, "digest")
            let following = try Members.required(following, "following")
            let isReady = try Members.required(isReady, "ready")
            var report = ReplicaReport(
                replicaID: replicaID, incarnation: incarnation, sequence: sequence, epoch: identity.epoch,
                offset: offset, digest: digest, following: following, isReady: isReady)
            report.address = address
            report.isLeaving = isLeaving
            report.wantsUpstream = wantsUpstream
            report.lost = lost
            report.simulatedDelay = simulatedDelay
            report.heard = beat.beat
            return report
        }

        private static func required<Value>(_ value: Value?, _ name: String) throws(InvalidField) -> Value {
            guard let value else { throw ProblemMembers.missing(name) }
            return value
        }

        private static func id(
            _ field: String, _ reader: inout JSONReader
        ) throws(InvalidField) -> ReplicaID {
            try ReplicaID(validating: try reader.string(field: field, bytesMax: ReplicaID.bytesMax))
        }

        /// Times with their units, as the setting has them.
        private static func delay(
            _ field: String, _ reader: inout JSONReader
        ) throws(InvalidField) -> String {
            let bytes = try reader.string(field: field, bytesMax: ReplicaLimits.delayBytesMax)
            let isPlain = bytes.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) || byte == 0x2D
                    || byte == 0x2E
            }
            guard isPlain else {
                throw InvalidField(field: field, detail: "\(field) takes times like 0.1ms-1ms")
            }
            return String(decoding: bytes, as: UTF8.self)
        }
    }
}
