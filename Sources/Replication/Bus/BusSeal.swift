import LogLine

/// Authenticates what goes over Redis with the cluster's secret: HMAC-SHA-256, made elsewhere.
///
/// A sealed object ends with `,"mac":"<64 lowercase hexadecimal digits>"}`; the mac is that of all the bytes
/// with this member left out (so it covers the lines behind a payload's header too).
public struct BusSeal: Sendable {
    /// The 32 bytes of a mac.
    public typealias Sign = @Sendable (UnsafeRawBufferPointer) -> [UInt8]
    /// Compares in a time that tells nothing of where the two differ.
    public typealias Equal = @Sendable ([UInt8], [UInt8]) -> Bool

    private let sign: Sign
    private let isEqual: Equal

    static let macBytes = 32
    /// `,"mac":"…"}`
    static let memberBytes = 8 + 2 * macBytes + 2

    public init(sign: @escaping Sign, isEqual: @escaping Equal) {
        self.sign = sign
        self.isEqual = isEqual
    }

    /// Appends `content`, which begins with an object of `headerBytes` bytes, with the mac as that object's
    /// last member.
    func seal(_ content: UnsafeRawBufferPointer, headerBytes: Int, into out: ByteBuffer) {
        let mac = sign(content)
        precondition(mac.count == Self.macBytes)
        out.reserve(content.count + Self.memberBytes)
        out.append(UnsafeRawBufferPointer(rebasing: content[..<(headerBytes - 1)]))
        out.append(",\"mac\":\"")
        for byte in mac {
            out.append(Self.digit(byte >> 4))
            out.append(Self.digit(byte & 0xF))
        }
        out.append("\"")
        out.append(UnsafeRawBufferPointer(rebasing: content[(headerBytes - 1)...]))
    }

    /// Checks that the mac in the object of `headerBytes` bytes that `sealed` begins with is the right one.
    func verify(_ sealed: UnsafeRawBufferPointer, headerBytes: Int) throws(BusError) {
        let memberStart = headerBytes - Self.memberBytes
        guard memberStart > 0, let mac = Self.mac(sealed[memberStart..<headerBytes]) else {
            throw BusError(.macMissing, "the first object does not end with a mac")
        }
        let content = ByteBuffer(capacity: sealed.count)
        content.append(UnsafeRawBufferPointer(rebasing: sealed[..<memberStart]))
        content.append(UnsafeRawBufferPointer(rebasing: sealed[(headerBytes - 1)...]))
        guard isEqual(sign(content.pointer), mac) else {
            throw BusError(.macMismatch, "the mac is not that of the content under our secret")
        }
    }

    /// The mac in `,"mac":"…"}`; nil when it is not of that form.
    private static func mac(_ member: Slice<UnsafeRawBufferPointer>) -> [UInt8]? {
        guard member.starts(with: ",\"mac\":\"".utf8), member.suffix(2).elementsEqual("\"}".utf8) else {
            return nil
        }
        let digits = Array(member.dropFirst(8).dropLast(2))
        var mac: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = nibble(digits[index]), let low = nibble(digits[index + 1]) else { return nil }
            mac.append(high << 4 | low)
        }
        return mac
    }

    private static func digit(_ nibble: UInt8) -> UInt8 { nibble < 10 ? 0x30 + nibble : 0x61 - 10 + nibble }

    private static func nibble(_ digit: UInt8) -> UInt8? {
        switch digit {
        case 0x30...0x39: digit - 0x30
        case 0x61...0x66: digit - 0x61 + 10
        default: nil
        }
    }
}
