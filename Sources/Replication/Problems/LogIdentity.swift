import LogLine

/// What a log says of itself: its position, and the digest of its history up to there. Written as
/// `"epoch":"…","offset":N,"digest":"…"`.
public struct LogIdentity: Hashable, Sendable, CustomStringConvertible {
    public let epoch: Epoch
    public let offset: Offset
    public let digest: Digest

    public init(epoch: Epoch, offset: Offset, digest: Digest) {
        self.epoch = epoch
        self.offset = offset
        self.digest = digest
    }

    public var position: Position { Position(epoch: epoch, offset: offset) }
    public var description: String { "\(epoch):\(offset) digest \(digest)" }

    /// Appends the three members, without braces.
    func encodeMembers(into out: ByteBuffer) {
        out.append("\"epoch\":\"")
        out.append(hexadecimal: epoch.value)
        out.append("\",\"offset\":")
        out.append(decimal: offset.value)
        out.append(",\"digest\":\"")
        out.append(hexadecimal: digest.value)
        out.append("\"")
    }
}

/// The members of a `LogIdentity` while they are being read among others.
struct LogIdentityMembers {
    private(set) var epoch: Epoch?
    private(set) var offset: Offset?
    private(set) var digest: Digest?

    /// Reads the value of `name` if it is one of the three; false: it is not, and nothing was read.
    mutating func read(_ name: [UInt8], from reader: inout JSONReader) throws(InvalidField) -> Bool {
        switch String(decoding: name, as: UTF8.self) {
        case "epoch":
            epoch = try reader.epoch()
        case "offset":
            offset = Offset(try reader.unsignedInteger(field: "offset"))
        case "digest":
            let bytes = try reader.string(field: "digest", bytesMax: 16)
            guard let value = Digest(String(decoding: bytes, as: UTF8.self)) else {
                throw InvalidField(field: "digest", detail: "digest is not 16 digits of 0-9a-f")
            }
            digest = value
        default: return false
        }
        return true
    }

    /// Nil unless all three were there.
    var identity: LogIdentity? {
        guard let epoch, let offset, let digest else { return nil }
        return LogIdentity(epoch: epoch, offset: offset, digest: digest)
    }
}

extension JSONReader {
    /// Reads the value of a member of the form of an epoch.
    mutating func epoch(field: String = "epoch") throws(InvalidField) -> Epoch {
        let bytes = try string(field: field, bytesMax: 16)
        guard let epoch = Epoch(String(decoding: bytes, as: UTF8.self)) else {
            throw InvalidField(field: field, detail: "\(field) is not 16 digits of 0-9a-f")
        }
        return epoch
    }
}

extension ByteBuffer {
    /// Appends the 16 lowercase digits of `value`.
    func append(hexadecimal value: UInt64) {
        append(upTo: 16) { room in
            for index in 0..<16 {
                let nibble = UInt8(truncatingIfNeeded: value >> UInt64(60 - 4 * index)) & 0xF
                room[index] = nibble < 10 ? 0x30 + nibble : 0x61 - 10 + nibble
            }
            return 16
        }
    }
}
