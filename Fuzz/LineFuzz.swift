@testable import LogLine

/// Any bytes, as a line and as the content before a right crc: never read beyond, and what the strict reader
/// accepts the fast one reads alike, and `encode` writes again byte for byte; what is left of it when it is
/// redacted is a line with the same place in the log.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzLine(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = UnsafeRawBufferPointer(start: data, count: count)
    check(bytes)
    let sealed = seal(bytes)
    check(sealed.pointer)
    withExtendedLifetime(sealed) {}
    let redacted = seal(redacted: bytes)
    check(redacted.pointer)
    withExtendedLifetime(redacted) {}
    return 0
}

private func seal(_ content: UnsafeRawBufferPointer) -> ByteSlice {
    let out = ByteBuffer()
    out.append(content)
    out.append(",\"crc\":\"")
    out.reserve(8)
    out.write { $0.crc(CRC32C.checksum(content)) }
    out.append("\"}")
    // Copied into memory of just this size, so that a byte read beyond it is noticed.
    return ByteSlice(out.array)
}

/// The same before a right `redacted`.
private func seal(redacted content: UnsafeRawBufferPointer) -> ByteSlice {
    let out = ByteBuffer()
    out.append(content)
    let crc = Array("01234567".utf8)
    let checksum = crc.withUnsafeBytes {
        CRC32C.checksum($0, continuing: CRC32C.checksum(content))
    }
    out.append(",\"redacted\":\"")
    out.reserve(8)
    out.write { $0.crc(checksum) }
    out.append("\",\"crc\":\"")
    out.append(crc)
    out.append("\"}")
    return ByteSlice(out.array)
}

private func check(_ bytes: UnsafeRawBufferPointer) {
    let scan = try? Line.scan(bytes)
    let fields = scan.flatMap { try? Line.fields(of: bytes, $0) }
    fields.map { use($0, bytes) }
    guard let line = try? Line.parse(bytes) else { return }
    guard let scan, let fields else { fatalError("parsed, but not scanned") }
    precondition(scan.offset == line.offset && scan.time == line.time && scan.crc == line.crc)
    precondition(scan.isMessage == line.isMessage && scan.channelName(in: bytes) == line.channel.bytes)
    precondition(fields.text.map { Line.unescape($0, in: bytes) } == line.text)
    precondition(fields.key.map { Line.unescape($0, in: bytes) } == line.key?.bytes)
    precondition(fields.author.map { Line.unescape($0, in: bytes) } == line.author?.bytes)
    precondition(fields.id.map { Line.unescape($0, in: bytes) } == line.id?.bytes)
    precondition(fields.kind.map { Line.unescape($0, in: bytes) } == line.kind?.bytes)
    precondition(fields.data == line.data)
    precondition(scan.isRedacted == line.isRedacted)
    checkRedaction(of: line, scan, bytes)
    guard let draft = line.draft(in: bytes) else { return }
    let out = ByteBuffer()
    let crc = Line.encode(draft, offset: line.offset, time: line.time, into: out)
    precondition(crc == line.crc && out.array.dropLast().elementsEqual(bytes))
}

private func checkRedaction(of line: ParsedLine, _ scan: LineScan, _ bytes: UnsafeRawBufferPointer) {
    guard let left = try? Line.redacted(bytes, scan, data: Array("{}".utf8)) else {
        precondition(line.isRedacted || (line.text == nil && line.data == nil))
        return
    }
    let slice = ByteSlice(left.dropLast())
    defer { withExtendedLifetime(slice) {} }
    // What it may grow by can take it beyond the limit.
    guard slice.count < LineLimits.lineBytesMax else { return }
    guard let after = try? Line.parse(slice.pointer) else { fatalError("what is left is no line") }
    precondition(after.isRedacted && after.text == nil && after.crc == line.crc)
    precondition(after.offset == line.offset && after.time == line.time && after.channel == line.channel)
    precondition(after.key == line.key && after.id == line.id && after.replyTo == line.replyTo)
}

private func use(_ fields: LineFields, _ bytes: UnsafeRawBufferPointer) {
    for range in [fields.kind, fields.key, fields.author, fields.id, fields.text, fields.data] {
        guard let range else { continue }
        precondition(Line.unescape(range, in: bytes).count <= range.count)
    }
}
