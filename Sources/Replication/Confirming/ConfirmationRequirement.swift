/// How many pods must have applied a write before it is answered: `durable`, `1`…`1000`, `majority`, `all`.
public enum ConfirmationRequirement: Hashable, Sendable, CustomStringConvertible {
    /// None: it is enough that the line is durable.
    case durable
    case replicas(Int)
    /// More than half of the pods that are known, whether they live or not.
    case majority
    /// Every ready pod that is not silent, at least one.
    case all

    public static let replicasMax = 1000
    public static let expects = "durable, a number from 1 to \(replicasMax), majority or all"

    /// Nil when it is none of them.
    public init?(_ text: String) {
        switch text {
        case "durable": self = .durable
        case "majority": self = .majority
        case "all": self = .all
        default:
            guard text.utf8.count <= 4, text.utf8.first != 0x30,
                text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let count = Int(text),
                (1...Self.replicasMax).contains(count)
            else { return nil }
            self = .replicas(count)
        }
    }

    public var description: String {
        switch self {
        case .durable: "durable"
        case .replicas(let count): String(count)
        case .majority: "majority"
        case .all: "all"
        }
    }
}

/// How many pods have applied a line: `"confirmed_by":3,"of":5,"took_ms":1.204`.
public struct Confirmation: Equatable, Sendable {
    public let confirmedBy: Int
    /// The pods that were counted.
    public let of: Int
    /// From when the line was known to be durable.
    public let took: Duration

    public init(confirmedBy: Int, of: Int, took: Duration) {
        self.confirmedBy = confirmedBy
        self.of = of
        self.took = took
    }
}

/// What a client wants to be waited for before its write is answered.
public struct WriteConfirmation: Equatable, Sendable {
    /// Nil: the cluster's default.
    public var requirement: ConfirmationRequirement?
    public var timeout = ConfirmationLimits.timeoutDefault

    public init() {}
}
