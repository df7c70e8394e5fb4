/// What the value of an Accept field says of one media type (RFC 9110, section 12.5.1).
enum AcceptField {
    /// Whether it names `type` (lower case; ranges such as `*/*` do not) with a weight that is not 0. A
    /// weight that is none counts as 1.
    static func wants(_ type: String, _ value: String) -> Bool {
        value.split(separator: ",").contains { item in
            let parts = item.split(separator: ";", omittingEmptySubsequences: false).map(trimmed)
            return parts[0] == type && !parts.dropFirst().contains(where: isZeroWeight)
        }
    }

    private static func trimmed(_ part: Substring) -> String {
        part.filter { $0 != " " && $0 != "\t" }.lowercased()
    }

    /// `q=0`, `q=0.`, and with up to three digits, which are zeros.
    private static func isZeroWeight(_ parameter: String) -> Bool {
        guard parameter.hasPrefix("q=0") else { return false }
        let rest = parameter.utf8.dropFirst(3)
        guard let point = rest.first else { return true }
        return point == UInt8(ascii: ".") && rest.count <= 4
            && rest.dropFirst().allSatisfy { $0 == UInt8(ascii: "0") }
    }
}
