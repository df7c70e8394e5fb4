@testable import LogLine

/// Any bytes as JSON: what is accepted has a canonical form that is accepted as such and is its own canonical
/// form; what is skipped is just what is accepted.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzJSON(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = UnsafeRawBufferPointer(start: data, count: count)
    let first = canonical(bytes, form: .any)
    precondition(isSkipped(bytes, form: .any) == (first != nil))
    let isCanonical = isSkipped(bytes, form: .canonical)
    guard let first else {
        precondition(!isCanonical)
        return 0
    }
    precondition(isCanonical == first.pointer.elementsEqual(bytes))
    precondition(isSkipped(first.pointer, form: .canonical))
    guard let second = canonical(first.pointer, form: .canonical) else {
        fatalError("the canonical form was refused")
    }
    precondition(Memory.equal(first.pointer, second.pointer))
    return 0
}

private func canonical(_ bytes: UnsafeRawBufferPointer, form: JSONLexer.Form) -> ByteBuffer? {
    let out = ByteBuffer()
    var reader = JSONReader(bytes, form: form, position: 0)
    do {
        try reader.canonicalValue(field: nil, into: out)
        try reader.end()
        return out
    } catch {
        return nil
    }
}

private func isSkipped(_ bytes: UnsafeRawBufferPointer, form: JSONLexer.Form) -> Bool {
    var reader = JSONReader(bytes, form: form, position: 0)
    do {
        _ = try reader.skipValue(field: nil)
        try reader.end()
        return true
    } catch {
        return false
    }
}
