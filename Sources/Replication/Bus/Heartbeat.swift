import LogLine

/// The log's word of where it is: `{"epoch":"…","offset":N,"digest":"…","run":"…","beat":N}`, each second on
/// Redis (there with a `mac` when the cluster has a secret) and on every live tail that asked for it.
///
/// By its `Beat` a heartbeat that was said before is known, and is no sign of life.
///
/// With a further member `"confirm":O` the log asks every pod to report as soon as it has applied O: somebody
/// waits for that. Such a heartbeat comes at once, and every one carries it while somebody waits.
public struct Heartbeat: Equatable, Sendable {
    public var identity: LogIdentity
    public var confirm: Offset?
    /// Nil: of an older log.
    public var beat: Beat?
    /// How many of the log's lines are redacted: the digest does not tell. Never less within an epoch.
    public var redacted = 0

    public init(_ identity: LogIdentity, confirm: Offset? = nil, beat: Beat? = nil, redacted: Int = 0) {
        self.identity = identity
        self.confirm = confirm
        self.beat = beat
        self.redacted = redacted
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
        beat?.encodeMembers(into: out)
        if redacted > 0 {
            out.append(",\"redacted\":")
            out.append(decimal: UInt64(redacted))
        }
        out.append("}")
    }

    public static func read(_ reader: inout JSONReader) throws(InvalidField) -> Heartbeat {
        var members = LogIdentityMembers()
        var beat = BeatMembers()
        var confirm: Offset?
        var redacted = 0
        try reader.beginObject(field: nil)
        while let name = try reader.nextKey() {
            if try members.read(name, from: &reader) { continue }
            if try beat.read(name, from: &reader) { continue }
            if name.elementsEqual("confirm".utf8) {
                confirm = Offset(try reader.unsignedInteger(field: "confirm"))
            } else if name.elementsEqual("redacted".utf8) {
                redacted = Int(clamping: try reader.unsignedInteger(field: "redacted"))
            } else {
                _ = try reader.skipValue(field: nil)
            }
        }
        guard let identity = members.identity else {
            throw InvalidField(field: nil, detail: "epoch, offset or digest is missing")
        }
        return Heartbeat(identity, confirm: confirm, beat: beat.beat, redacted: redacted)
    }
}
