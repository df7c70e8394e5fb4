import LogLine

/// Ids for writes whose clients gave none, so that every forwarded write can be sent again safely.
struct WriteIDs {
    private let prefix: String
    private var count: UInt64 = 0

    /// `incarnation`: random, made by the process at its start.
    init(incarnation: UInt64) { prefix = String(incarnation, radix: 36) }

    /// `<incarnation>-<count>`, both to base 36.
    mutating func next() -> MessageID {
        count += 1
        do throws(InvalidField) {
            return try MessageID(validating: Array("\(prefix)-\(String(count, radix: 36))".utf8))
        } catch {
            preconditionFailure("two numbers to base 36 are a valid id: \(error.detail)")
        }
    }
}
