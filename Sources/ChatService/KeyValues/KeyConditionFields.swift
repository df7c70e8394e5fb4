import LogLine
import Replication
import Views
import Web

extension KeyCondition {
    /// From the request's fields (RFC 9110, sections 13.1.1 and 13.1.2):
    ///
    /// | field | demands |
    /// |---|---|
    /// | `If-Match: "41"` | the key's newest line is 41 |
    /// | `If-Match: "EPOCH:41"` | the same, and the log is that one |
    /// | `If-Match: *` | the key has a value |
    /// | `If-Match: "0"`, `If-None-Match: *` | it has none |
    ///
    /// Anything else (weak or unquoted tags, lists, both fields) is refused, so that no condition is passed
    /// over. `epoch`: the log's, as far as it is known.
    init(_ head: RequestHead?, epoch: Epoch?) throws(Problem) {
        switch (head?.header("if-match"), head?.header("if-none-match")) {
        case (nil, nil): self = .none
        case (let text?, nil): self = try KeyCondition(match: text, epoch)
        case (nil, "*"): self = .absent
        case (nil, _?): throw Problem(.malformed, "If-None-Match takes *", field: "If-None-Match")
        case (_?, _?):
            throw Problem(.malformed, "If-Match and If-None-Match do not go together", field: "If-Match")
        }
    }

    private init(match text: String, _ epoch: Epoch?) throws(Problem) {
        if text == "*" {
            self = .exists
            return
        }
        guard text.utf8.count > 2, text.utf8.first == UInt8(ascii: "\""),
            text.utf8.last == UInt8(ascii: "\"")
        else { throw KeyCondition.malformed(text) }
        let tag = text.dropFirst().dropLast()
        if let position = Position(tag) {
            guard epoch == nil || epoch == position.epoch else {
                throw Problem(
                    .epochConflict, "epoch \(position.epoch) is not this log's", field: "If-Match")
            }
            self = .offset(position.offset)
        } else if let offset = Offset(decimal: tag) {
            self = .offset(offset)
        } else {
            throw KeyCondition.malformed(text)
        }
        if self == .offset(.zero) { self = .absent }
    }

    private static func malformed(_ text: String) -> Problem {
        Problem(
            .malformed, "If-Match is '\(text.prefix(64))'; it takes one \"OFFSET\" in quotes, or *",
            field: "If-Match")
    }
}
