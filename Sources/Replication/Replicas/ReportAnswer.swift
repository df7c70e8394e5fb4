import LogLine

/// Who is to feed a pod: `{"id":"log"}`, or another pod with its address; with the tier that this puts the
/// pod into, where it is known.
public struct UpstreamAssignment: Equatable, Sendable {
    /// `log`, or the id of a pod.
    public enum Node: Hashable, Sendable {
        case log
        case replica(ReplicaID)
    }

    public let node: Node
    /// `http://host:port`; nil for the log, which a pod knows.
    public let address: String?
    /// 1: fed by the log.
    public let tier: Int?

    public init(node: Node, address: String?, tier: Int? = nil) {
        self.node = node
        self.address = address
        self.tier = tier
    }

    public static let log = UpstreamAssignment(node: .log, address: nil)

    func encode(into out: ByteBuffer) {
        out.append("{\"id\":")
        switch node {
        case .log: out.append("\"log\"")
        case .replica(let id): out.appendJSONString(id.bytes)
        }
        if let address {
            out.append(",\"address\":")
            out.appendJSONString(Array(address.utf8))
        }
        if let tier { out.append(utf8: ",\"tier\":\(tier)") }
        out.append("}")
    }

    static func decode(from reader: inout JSONReader) throws(InvalidField) -> UpstreamAssignment {
        var node: Node?
        var address: String?
        var tier: Int?
        try reader.beginObject(field: "upstream")
        while let name = try reader.nextKey() {
            switch String(decoding: name, as: UTF8.self) {
            case "id":
                let bytes = try reader.string(field: "id", bytesMax: ReplicaID.bytesMax)
                node =
                    bytes.elementsEqual("log".utf8) ? .log : .replica(try ReplicaID(validating: bytes))
            case "address":
                address = try ReplicaAddress.validate(
                    try reader.string(field: "address", bytesMax: ReplicaLimits.addressBytesMax))
            case "tier": tier = Int(clamping: try reader.unsignedInteger(field: "tier"))
            default: _ = try reader.skipValue(field: nil)
            }
        }
        guard let node else { throw ProblemMembers.missing("id") }
        return UpstreamAssignment(node: node, address: address, tier: tier)
    }
}

/// The log's answer to a report by HTTP: `{"epoch":"…","offset":HEAD}`, and to a pod that asked who is to
/// feed it `"upstream":{…}`, or `null` while there is no place for it.
public struct ReportAnswer: Equatable, Sendable {
    public let epoch: Epoch
    /// The log's head.
    public let offset: Offset
    public let upstream: UpstreamAssignment?

    public init(epoch: Epoch, offset: Offset, upstream: UpstreamAssignment? = nil) {
        self.epoch = epoch
        self.offset = offset
        self.upstream = upstream
    }

    /// Appends the object, without a newline.
    /// - Parameter namesUpstream: also says that there is none.
    public func encode(namesUpstream: Bool, into out: ByteBuffer) {
        out.append("{\"epoch\":\"")
        out.append(hexadecimal: epoch.value)
        out.append("\",\"offset\":")
        out.append(decimal: offset.value)
        if let upstream {
            out.append(",\"upstream\":")
            upstream.encode(into: out)
        } else if namesUpstream {
            out.append(",\"upstream\":null")
        }
        out.append("}")
    }

    /// Reads an answer. Members that are not known are passed over.
    public static func decode(_ bytes: UnsafeRawBufferPointer) throws(InvalidField) -> ReportAnswer {
        var reader = JSONReader(bytes)
        var epoch: Epoch?
        var offset: Offset?
        var upstream: UpstreamAssignment?
        try reader.beginObject(field: nil)
        while let name = try reader.nextKey() {
            switch String(decoding: name, as: UTF8.self) {
            case "epoch": epoch = try reader.epoch()
            case "offset": offset = Offset(try reader.unsignedInteger(field: "offset"))
            case "upstream":
                if try !reader.null() { upstream = try UpstreamAssignment.decode(from: &reader) }
            default: _ = try reader.skipValue(field: nil)
            }
        }
        try reader.end()
        guard let epoch else { throw ProblemMembers.missing("epoch") }
        guard let offset else { throw ProblemMembers.missing("offset") }
        return ReportAnswer(epoch: epoch, offset: offset, upstream: upstream)
    }
}
