import LogLine

/// The path of a request: segments split at every raw `/`, each decoded by itself, so that an encoded `/` or
/// NUL stays within its segment and is the router's to judge. `/a//b/` has the segments `a`, an empty one,
/// `b` and an empty one; `/`, a URL without a path and the asterisk of OPTIONS have none.
public struct HTTPPath: Sendable {
    /// As it was sent, from its first `/` on.
    let bytes: ByteSlice

    /// The segments, decoded. They need not be UTF-8.
    public var segments: [[UInt8]] {
        guard bytes.count > 1 else { return [] }
        let path = bytes.pointer
        var segments: [[UInt8]] = []
        segments.reserveCapacity(4)
        var start = 1
        while let end = Memory.firstIndex(of: Self.slash, in: path, from: start) {
            segments.append(PercentCoding.decode(path.part(start..<end), plusIsSpace: false))
            start = end + 1
        }
        segments.append(PercentCoding.decode(path.part(start..<path.count), plusIsSpace: false))
        return segments
    }

    private static let slash: UInt8 = 0x2F

    /// The rules of `HTTPTarget` for a path.
    static func check(_ path: UnsafeRawBufferPointer) throws(HTTPParseFailure) {
        guard PercentCoding.isValid(path) else {
            throw HTTPParseFailure(
                .malformed, "request target", "the path has a % without two hexadecimal digits behind it")
        }
        for segment in path.split(separator: slash) {
            let bytes = UnsafeRawBufferPointer(rebasing: segment)
            guard !PercentCoding.decodes(bytes, to: ".", plusIsSpace: false),
                !PercentCoding.decodes(bytes, to: "..", plusIsSpace: false)
            else {
                throw HTTPParseFailure(
                    .malformed, "request target", "the path has a . or .. segment; send it resolved")
            }
        }
    }
}
