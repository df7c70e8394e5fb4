import LogLine

/// Lines as they are published on Redis.
///
/// ```
/// {"epoch":"8f14e45fceea167a","after":41,"mac":"…"}
/// {"offset":42,…}
/// {"offset":43,…}
/// ```
///
/// Valid if and only if: at most `bytesMax` bytes; the first line is an object with `epoch` and `after`, and,
/// with a seal, the right `mac` as its last member; then one or more valid lines with the offsets `after` +
/// 1, + 2, …; newlines stand between, and one may stand at the end.
public enum BusPayload {
    public static let bytesMax = 1 << 20
    /// Of the first line; leaves room for members of later versions.
    static let headerBytesMax = 1024
    /// What our own header and its newline take at most.
    static let ownHeaderBytesMax = 64 + BusSeal.memberBytes

    // MARK: Encoding

    /// Cuts `lines` (whole ones, each with its newline, the first one at `after` + 1) into payloads and hands
    /// each to `publish`, in order.
    public static func encode(
        _ lines: ByteSlice, epoch: Epoch, after: Offset, seal: BusSeal? = nil, publish: (ByteSlice) -> Void
    ) {
        let pointer = lines.pointer
        var splitter = LineSplitter(pointer)
        var piece = (start: 0, end: 0, after: after, count: 0)
        while let line = splitter.next() {
            if piece.count > 0, line.upperBound - piece.start > bytesMax - ownHeaderBytesMax {
                publish(payload(pointer[piece.start..<piece.end], epoch, piece.after, seal))
                piece = (line.lowerBound, 0, piece.after + piece.count, 0)
            }
            piece.end = line.upperBound
            piece.count += 1
        }
        guard piece.count > 0 else { return }
        publish(payload(pointer[piece.start..<piece.end], epoch, piece.after, seal))
    }

    private static func payload(
        _ lines: Slice<UnsafeRawBufferPointer>, _ epoch: Epoch, _ after: Offset, _ seal: BusSeal?
    ) -> ByteSlice {
        let plain = ByteBuffer(capacity: ownHeaderBytesMax + lines.count)
        plain.append("{\"epoch\":\"")
        plain.append(hexadecimal: epoch.value)
        plain.append("\",\"after\":")
        plain.append(decimal: after.value)
        plain.append("}")
        let headerBytes = plain.count
        plain.append("\n")
        plain.append(UnsafeRawBufferPointer(rebasing: lines))
        guard let seal else { return plain.takeSlice() }
        let sealed = ByteBuffer(capacity: plain.count + BusSeal.memberBytes)
        seal.seal(plain.pointer, headerBytes: headerBytes, into: sealed)
        return sealed.takeSlice()
    }

    // MARK: Decoding

    /// Reads a payload. Redis is not trusted: every line is parsed strictly, unless a right mac stands before
    /// it. Copies the lines once.
    public static func decode(
        _ payload: UnsafeRawBufferPointer, seal: BusSeal? = nil
    ) throws(BusError) -> LineBatch {
        guard payload.count <= bytesMax else {
            throw BusError(.tooLarge, "a payload of \(payload.count) bytes; the limit is \(bytesMax)")
        }
        var splitter = LineSplitter(payload)
        guard let first = splitter.next(), first.count <= headerBytesMax else {
            throw BusError(.malformed, "no first line of at most \(headerBytesMax) bytes")
        }
        try seal?.verify(payload, headerBytes: first.count)
        let header = try header(UnsafeRawBufferPointer(rebasing: payload[first]))
        let bytes = terminated(payload[(first.upperBound + 1)...])
        let lines = try lines(in: bytes.pointer, after: header.after, isTrusted: seal != nil)
        return LineBatch(epoch: header.epoch, first: header.after.next, bytes: bytes, lines: lines)
    }

    /// A copy that ends with a newline.
    private static func terminated(_ lines: Slice<UnsafeRawBufferPointer>) -> ByteSlice {
        let copy = ByteBuffer(capacity: lines.count + 1)
        copy.append(UnsafeRawBufferPointer(rebasing: lines))
        if lines.last != UInt8(ascii: "\n") { copy.append(UInt8(ascii: "\n")) }
        return copy.takeSlice()
    }

    private static func header(
        _ bytes: UnsafeRawBufferPointer
    ) throws(BusError) -> (epoch: Epoch, after: Offset) {
        do {
            return try headerMembers(bytes)
        } catch {
            throw BusError(.malformed, "no payload header: \(error.detail)")
        }
    }

    private static func headerMembers(
        _ bytes: UnsafeRawBufferPointer
    ) throws(InvalidField) -> (epoch: Epoch, after: Offset) {
        var reader = JSONReader(bytes)
        var epoch: Epoch?
        var after: Offset?
        try reader.beginObject(field: nil)
        while let name = try reader.nextKey() {
            switch String(decoding: name, as: UTF8.self) {
            case "epoch": epoch = try reader.epoch()
            case "after": after = Offset(try reader.unsignedInteger(field: "after"))
            default: _ = try reader.skipValue(field: nil)
            }
        }
        try reader.end()
        guard let epoch, let after else {
            throw InvalidField(field: nil, detail: "epoch or after is missing")
        }
        return (epoch, after)
    }

    private static func lines(
        in bytes: UnsafeRawBufferPointer, after: Offset, isTrusted: Bool
    ) throws(BusError) -> ContiguousArray<LineBatch.Line> {
        var lines: ContiguousArray<LineBatch.Line> = []
        var expected = after
        var splitter = LineSplitter(bytes)
        while let range = splitter.next() {
            expected = expected.next
            let scan = try line(UnsafeRawBufferPointer(rebasing: bytes[range]), expected, isTrusted)
            lines.append(LineBatch.Line(range: range.lowerBound..<range.upperBound + 1, scan: scan))
        }
        return lines
    }

    private static func line(
        _ bytes: UnsafeRawBufferPointer, _ expected: Offset, _ isTrusted: Bool
    ) throws(BusError) -> LineScan {
        let scan: LineScan
        do {
            if !isTrusted { _ = try Line.parse(bytes) }
            scan = try Line.scan(bytes)
        } catch {
            throw BusError(.badLine, "where line \(expected) should be: \(error)")
        }
        guard scan.offset == expected else {
            throw BusError(.badOffset, "line \(scan.offset) where \(expected) should be")
        }
        return scan
    }
}
