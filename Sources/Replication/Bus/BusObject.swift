import LogLine

/// What goes over Redis as one JSON object, under a mac where the cluster has a secret: a heartbeat, a signal
/// among pods, a replica's report.
public protocol BusObject {
    /// What errors call it: `heartbeat`.
    static var kind: String { get }
    /// Of anything taken for one.
    static var bytesMax: Int { get }

    /// Appends the object without a mac or a newline.
    func encodePlain(into out: ByteBuffer)
    /// Reads the one object that `reader` stands before. Members that are not known are passed over.
    static func read(_ reader: inout JSONReader) throws(InvalidField) -> Self
}

extension BusObject {
    /// Appends the object, without a newline.
    public func encode(seal: BusSeal? = nil, into out: ByteBuffer) {
        guard let seal else { return encodePlain(into: out) }
        let plain = ByteBuffer()
        encodePlain(into: plain)
        seal.seal(plain.pointer, headerBytes: plain.count, into: out)
    }

    /// Reads an object that came over Redis. With a `seal` it must carry the right mac.
    public static func decode(
        _ bytes: UnsafeRawBufferPointer, seal: BusSeal? = nil
    ) throws(BusError) -> Self {
        guard bytes.count <= bytesMax else {
            throw BusError(.tooLarge, "a \(kind) of \(bytes.count) bytes; the limit is \(bytesMax)")
        }
        try seal?.verify(bytes, headerBytes: bytes.count)
        do {
            return try decode(body: bytes)
        } catch {
            throw BusError(.malformed, "no \(kind): \(error.detail)")
        }
    }

    /// Reads an object that came with the secret, as the body of a request or a line of a stream.
    public static func decode(body bytes: UnsafeRawBufferPointer) throws(InvalidField) -> Self {
        var reader = JSONReader(bytes)
        let object = try read(&reader)
        try reader.end()
        return object
    }
}
