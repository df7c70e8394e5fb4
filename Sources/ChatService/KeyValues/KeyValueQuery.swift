import LogLine
import Replication
import Views

/// `?prefix=&after=&limit=`; other parameters are passed over.
struct KeyValueQuery {
    private(set) var prefix: [UInt8] = []
    private(set) var after: [UInt8]?
    private(set) var limit = KeyValueLimits.pageKeysMax

    init(_ items: [(name: String, value: String)]) throws(Problem) {
        for (name, value) in items {
            switch name {
            case "prefix": prefix = Array(value.utf8)
            case "after": after = Array(value.utf8)
            case "limit":
                guard let limit = Int(value), (1...KeyValueLimits.pageKeysMax).contains(limit) else {
                    throw Problem(
                        .malformed,
                        "limit is '\(value.prefix(64))'; it takes 1 to \(KeyValueLimits.pageKeysMax)",
                        field: "limit")
                }
                self.limit = limit
            default: continue
            }
        }
    }
}
