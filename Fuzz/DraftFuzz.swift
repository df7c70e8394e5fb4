@testable import LogLine

/// Any bytes as a draft: what is accepted is read back from the line it is forwarded as, and from the line it
/// becomes.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzDraft(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = UnsafeRawBufferPointer(start: data, count: count)
    if let draft = try? Draft.decode(message: bytes, channel: Channel(trusted: [0x63])) { check(draft) }
    if let draft = try? Draft.decode(append: bytes) { check(draft) }
    return 0
}

private func check(_ draft: Draft) {
    let out = ByteBuffer()
    draft.encode(into: out)
    let forwarded = UnsafeRawBufferPointer(rebasing: out.pointer.dropLast())
    guard let read = try? Draft.decode(append: forwarded) else { fatalError("its own line was refused") }
    precondition(read == draft)
    out.truncate(to: 0)
    _ = Line.encode(draft, offset: Offset(1), time: Timestamp(milliseconds: 0), into: out)
    let line = UnsafeRawBufferPointer(rebasing: out.pointer.dropLast())
    guard let parsed = try? Line.parse(line) else { fatalError("its line was refused") }
    var expected = draft
    expected.expectations = []
    precondition(parsed.draft(in: line) == expected)
}
