/// From whom a replica gets its lines.
public typealias Feeder = UpstreamAssignment.Node

extension Feeder {
    /// The log first, then replicas by name.
    static func precedes(_ one: Feeder, _ other: Feeder) -> Bool {
        switch (one, other) {
        case (.log, .log), (.replica, .log): false
        case (.log, .replica): true
        case (.replica(let name), .replica(let other)): name < other
        }
    }
}

/// What a replica is good for in the tree, best first.
public enum ReplicaCondition: Int, CaseIterable, Sendable {
    /// Caught up: may feed others.
    case sound
    /// Ready, but too far behind: takes on nobody, and keeps those it feeds only while there is no better
    /// place.
    case lagging
    /// Not ready yet: feeds nobody.
    case starting
    /// Not heard of for too long: feeds nobody and holds no place.
    case silent
}
