import EventLoop
import LogLine
import Replication
import Views

/// The digest at any offset: the nearest one that the index keeps, and the crcs of the lines behind it, read from the
/// store.
@LoopActor
struct DigestProof {
    let core: LogCore

    /// The end of a line: `xxxxxxxx"}` and the newline.
    private static let suffixBytes: UInt64 = 11
    private nonisolated static let crcDigits = 8

    func digest(
        at offset: Offset, _ completion: @escaping @LoopActor @Sendable (Result<Digest, Problem>) -> Void
    ) {
        let known = core.index.checkpoint(notAfter: offset)
        guard known.offset < offset else { return completion(.success(known.digest)) }
        let suffixes = (known.offset.value + 1...offset.value).map { number in
            let end = core.index.position(after: Offset(number))
            return end - DigestProof.suffixBytes..<end
        }
        core.store.read(suffixes) { result in
            let digest = result.map { slices in
                slices.reduce(known.digest) { $0.adding(crc: DigestProof.crc($1)) }
            }.mapError { Problem($0) }
            EventLoop.shared.execute { completion(digest) }
        }
    }

    private nonisolated static func crc(_ suffix: ByteSlice) -> UInt32 {
        let digits = String(decoding: suffix.pointer.prefix(crcDigits), as: UTF8.self)
        guard let crc = UInt32(digits, radix: 16) else {
            preconditionFailure("a line that was checked does not end with its crc")
        }
        return crc
    }
}
