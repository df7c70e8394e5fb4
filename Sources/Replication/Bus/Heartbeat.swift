import LogLine

/// The log's word of where it is: `{"epoch":"…","offset":N,"digest":"…"}`, each second on Redis (there with a
/// `mac` when the cluster has a secret) and on every live tail that asked for it.
///
/// With a further member `"confirm":O` the log asks every pod to report as soon as it has applied O: somebody
/// waits for that. Such a heartbeat comes at once, and every one carries it while somebody waits.
public struct Heartbeat: Equatable, Sendable {
    public var identity: LogIdentity
    public var confirm: Offset?

    public init(_ identity: LogIdentity, confirm: Offset? = nil) {
        self.identity = identity
        self.confirm = confirm
    }
}

// MARK: - JSON

extension Heartbeat: BusObject {
    public static let kind = "heartbeat"
    /// Leaves room for members of later versions.
    public static let bytesMax = 1024

    public func encodePlain(into out: ByteBuffer) {
        out.append("{")
        identity.encodeMembers(into: out)
        if let confirm {
            out.append(",\"confirm\":")
            out.append(decimal: confirm.value)
        }
        out.append("}")
    }

    public static func read(_ reader: inout JSONReader) throws(InvalidField) -> Heartbeat {
        var members = LogIdentityMembers()
        var confirm: Offset?
        try reader.beginObject(field: nil)
        while let name = try reader.nextKey() {
            if try members.read(name, from: &reader) { continue }
            if name.elementsEqual("confirm".utf8) {
                confirm = Offset(try reader.unsignedInteger(field: "confirm"))
            } else {
                _ = try reader.skipValue(field: nil)
            }
        }
        guard let identity = members.identity else {
            throw InvalidField(field: nil, detail: "epoch, offset or digest is missing")
        }
        return Heartbeat(identity, confirm: confirm)
    }
}
