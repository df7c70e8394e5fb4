import Replication

/// What must hold of a tree, judged from outside by someone who was told the same.
struct TreeOracle {
    private(set) var tree: FanoutTree
    /// As it was told.
    private(set) var conditions: [ReplicaID: ReplicaCondition] = [:]
    private(set) var suspects: Set<ReplicaID> = []
    private var isAdopting = true

    init(fanout: Int) { tree = FanoutTree(fanout: fanout) }

    mutating func heard(
        _ id: ReplicaID, _ condition: ReplicaCondition, follows: Feeder? = nil, lost: Feeder? = nil
    ) {
        if case .replica(let name)? = lost, conditions[id] == nil || tree.feeder(of: id) == lost {
            suspects.insert(name)
        }
        suspects.remove(id)
        conditions[id] = condition
        tree.heard(id, condition, follows: follows, lost: lost)
    }

    /// Only who was heard of can fall silent.
    mutating func silence(_ id: ReplicaID) {
        guard conditions[id] != nil else { return }
        conditions[id] = .silent
        tree.silence(id)
    }

    mutating func remove(_ id: ReplicaID) {
        conditions[id] = nil
        tree.remove(id)
    }

    mutating func endAdoption() {
        isAdopting = false
        tree.endAdoption()
    }

    func isReliable(_ feeder: Feeder) -> Bool {
        guard case .replica(let name) = feeder else { return true }
        return conditions[name] == .sound && !suspects.contains(name)
    }

    /// The edges between reliable ones.
    var reliableEdges: [ReplicaID: Feeder] {
        var edges: [ReplicaID: Feeder] = [:]
        for name in conditions.keys where isReliable(.replica(name)) {
            if let feeder = tree.feeder(of: name), isReliable(feeder) { edges[name] = feeder }
        }
        return edges
    }

    /// Edges of `before` that were given up although both ends are still reliable.
    func needlessMoves(since before: [ReplicaID: Feeder], except named: Set<ReplicaID> = []) -> [ReplicaID] {
        before.filter { name, feeder in
            !named.contains(name) && isReliable(.replica(name)) && isReliable(feeder)
                && tree.feeder(of: name) != feeder
        }.keys.sorted()
    }

    /// What does not hold; empty: all does.
    var violations: [String] {
        var found: [String] = []
        var counts: [Feeder: Int] = [:]
        for (name, condition) in conditions {
            if let feeder = tree.feeder(of: name) { counts[feeder, default: 0] += 1 }
            if condition == .silent, tree.feeder(of: name) != nil { found.append("\(name) is silent") }
            if isReliable(.replica(name)), tree.depth(of: name) == nil, !isBelowUnknown(name) {
                found.append("\(name) is sound, and out of reach")
            }
            if let feeder = tree.feeder(of: name), !mayFeed(feeder) {
                found.append("\(feeder) feeds \(name)")
            }
        }
        for (feeder, count) in counts {
            if count > tree.fanout { found.append("\(feeder) feeds \(count)") }
            if count != tree.fedCount(of: feeder) { found.append("\(feeder) does not feed \(count)") }
        }
        if tree.waitingCount > 0, let free = freePlace { found.append("one waits, \(free) has room") }
        return found
    }

    private func mayFeed(_ feeder: Feeder) -> Bool {
        guard case .replica(let name) = feeder else { return true }
        guard let condition = conditions[name] else { return isAdopting }
        return condition == .sound || condition == .lagging
    }

    private var freePlace: Feeder? {
        ([.log] + conditions.keys.map(Feeder.replica)).first { feeder in
            guard isReliable(feeder), tree.fedCount(of: feeder) < tree.fanout else { return false }
            guard case .replica(let name) = feeder else { return true }
            return tree.depth(of: name) != nil
        }
    }

    /// Its way to the log ends at one that the log has not heard of. False as well when the way is a circle.
    private func isBelowUnknown(_ name: ReplicaID) -> Bool {
        var next: Feeder? = .replica(name)
        for _ in 0...conditions.count {
            guard case .replica(let current)? = next else { return false }
            if conditions[current] == nil { return isAdopting }
            next = tree.feeder(of: current)
        }
        return false
    }
}

/// A name that a test writes itself.
func named(_ text: String) -> ReplicaID {
    guard let id = ReplicaID(text) else { preconditionFailure("\(text) is no name of a replica") }
    return id
}
