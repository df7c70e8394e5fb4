import LogLine

/// The log's word of where it is: `{"epoch":"…","offset":N,"digest":"…"}`, each second on Redis (there with a
/// `mac` when the cluster has a secret) and on every live tail that asked for it.
public enum Heartbeat {
    /// Of anything taken for one; leaves room for members of later versions.
    static let bytesMax = 1024

    /// Appends the object, without a newline.
    public static func encode(_ identity: LogIdentity, seal: BusSeal? = nil, into out: ByteBuffer) {
        guard let seal else {
            out.append("{")
            identity.encodeMembers(into: out)
            return out.append("}")
        }
        let plain = ByteBuffer()
        encode(identity, into: plain)
        seal.seal(plain.pointer, headerBytes: plain.count, into: out)
    }

    /// Reads a heartbeat. With a `seal` it must carry the right mac. Members that are not known are passed
    /// over.
    public static func decode(
        _ bytes: UnsafeRawBufferPointer, seal: BusSeal? = nil
    ) throws(BusError) -> LogIdentity {
        guard bytes.count <= bytesMax else {
            throw BusError(.tooLarge, "a heartbeat of \(bytes.count) bytes; the limit is \(bytesMax)")
        }
        try seal?.verify(bytes, headerBytes: bytes.count)
        do {
            return try members(bytes)
        } catch {
            throw BusError(.malformed, "no heartbeat: \(error.detail)")
        }
    }

    private static func members(_ bytes: UnsafeRawBufferPointer) throws(InvalidField) -> LogIdentity {
        var reader = JSONReader(bytes)
        var members = LogIdentityMembers()
        try reader.beginObject(field: nil)
        while let name = try reader.nextKey() {
            if try !members.read(name, from: &reader) { _ = try reader.skipValue(field: nil) }
        }
        try reader.end()
        guard let identity = members.identity else {
            throw InvalidField(field: nil, detail: "epoch, offset or digest is missing")
        }
        return identity
    }
}
