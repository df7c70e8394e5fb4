/// Who feeds whom: every replica that wants to be part of the tree is given the log or another replica to get
/// its lines from.
///
/// Happy path: a replica that is heard of for the first time gets the free place that is nearest to the log;
/// once it is sound it has `fanout` places to offer itself.
/// Failures: whoever is fed by a replica that turns silent, leaves, or starts anew gets another place at
/// once, and so does who says that it lost its feeder; that feeder is a suspect and takes on nobody until it
/// is heard of again. Where a replica lags and the one that feeds it does not, it is taken for the cause, and
/// those behind it move wherever there is a better place. A log that was restarted knows nobody: it adopts
/// the edges that replicas tell of.
///
/// Invariant (after every call): nobody, the log included, feeds more than `fanout`; there is no cycle; every
/// sound replica that is no suspect is reached from the log, or is kept below a replica that the restarted
/// log has not heard of yet; nobody waits while there is a free place; the edge between two such sound
/// replicas stays until one of them is none any more.
///
/// Cost: constant for a report that tells nothing new, else linear in the number of replicas for each one
/// that needs a place.
public struct FanoutTree: Sendable {
    public let fanout: Int
    /// Edges given so far.
    public private(set) var assignments = 0

    private struct Node: Sendable {
        var condition: ReplicaCondition
        var feeder: Feeder?
        /// What it said it was fed by when it had no place.
        var claim: Feeder?
        /// Whom it lost, the last one at the end.
        var avoided: [Feeder] = []
        var isSuspect = false
        /// Never heard of: others say that it feeds them.
        var isExpected = false

        var isReliable: Bool { condition == .sound && !isSuspect && !isExpected }
        var keepsFed: Bool { isExpected || condition == .sound || condition == .lagging }
        var needsPlace: Bool { feeder == nil && condition != .silent && !isExpected }

        mutating func avoid(_ feeder: Feeder) {
            avoided.removeAll { $0 == feeder }
            avoided.append(feeder)
            if avoided.count > FanoutTree.avoidedMax { avoided.removeFirst() }
        }

        /// -1: never lost; else the greater, the later.
        func reluctance(to feeder: Feeder) -> Int { avoided.firstIndex(of: feeder) ?? -1 }
    }

    private var nodes: [ReplicaID: Node] = [:]
    private var fed: [Feeder: Set<ReplicaID>] = [:]
    /// Those that need a place and have none.
    private var waiting: Set<ReplicaID> = []
    private var isAdopting = true

    /// Feeders that one has lost, as far as they are remembered.
    private static let avoidedMax = 32

    public init(fanout: Int) {
        precondition(fanout > 0)
        self.fanout = fanout
    }

    /// A replica has reported.
    /// - Parameters:
    ///   - follows: from whom it gets lines now; nil: from nobody.
    ///   - lost: who has stopped to feed it.
    public mutating func heard(
        _ id: ReplicaID, _ condition: ReplicaCondition, follows: Feeder?, lost: Feeder?
    ) {
        let before = nodes[id]
        var node = before ?? Node(condition: condition)
        node.condition = condition
        node.isSuspect = false
        node.isExpected = false
        if node.feeder == nil { node.claim = follows }
        nodes[id] = node
        if let lost, node.feeder == lost || before == nil { lose(lost, by: id) }
        if !node.keepsFed { release(id) }
        if condition == .silent { detach(id) }
        adopt(id)
        guard isNews(before, node) || lost != nil else { return }
        settle()
    }

    /// Nothing was heard of it for too long.
    public mutating func silence(_ id: ReplicaID) {
        guard var node = nodes[id], node.condition != .silent else { return }
        node.condition = .silent
        nodes[id] = node
        release(id)
        detach(id)
        settle()
    }

    /// It has left, or was silent for so long that it counts for nothing any more.
    public mutating func remove(_ id: ReplicaID) {
        guard nodes[id] != nil else { return }
        release(id)
        detach(id)
        nodes[id] = nil
        waiting.remove(id)
        settle()
    }

    /// The time is over in which a restarted log waits for replicas that others say they are fed by.
    public mutating func endAdoption() {
        guard isAdopting else { return }
        isAdopting = false
        for id in nodes.keys.filter({ nodes[$0]?.isExpected == true }) {
            release(id)
            nodes[id] = nil
        }
        settle()
    }

    // MARK: What is so

    /// Nil: it waits for a place, or is not known.
    public func feeder(of id: ReplicaID) -> Feeder? { nodes[id]?.feeder }

    public func fedCount(of feeder: Feeder) -> Int { fed[feeder]?.count ?? 0 }

    /// Those that have no place.
    public var waitingCount: Int { waiting.count }

    /// How many edges lie between the log and a replica; nil when the log does not reach it.
    public func depth(of id: ReplicaID) -> Int? {
        var depth = 0
        var next: Feeder? = .replica(id)
        while case .replica(let name)? = next, depth <= nodes.count {
            next = nodes[name]?.feeder
            depth += 1
        }
        return next == .log ? depth : nil
    }
}

// MARK: - Edges

extension FanoutTree {
    private func isNews(_ before: Node?, _ node: Node) -> Bool {
        guard let before else { return true }
        return before.condition != node.condition || before.isSuspect || before.isExpected
            || before.feeder == nil && before.claim != node.claim
    }

    private mutating func attach(_ id: ReplicaID, to feeder: Feeder) {
        nodes[id]?.feeder = feeder
        nodes[id]?.claim = nil
        fed[feeder, default: []].insert(id)
        waiting.remove(id)
        assignments += 1
    }

    private mutating func detach(_ id: ReplicaID) {
        guard var node = nodes[id] else { return }
        if let feeder = node.feeder {
            fed[feeder]?.remove(id)
            node.feeder = nil
            nodes[id] = node
        }
        if node.needsPlace { waiting.insert(id) } else { waiting.remove(id) }
    }

    /// Those it feeds need another place.
    private mutating func release(_ id: ReplicaID) {
        for child in fed.removeValue(forKey: .replica(id)) ?? [] {
            nodes[child]?.feeder = nil
            detach(child)
        }
    }

    private mutating func lose(_ feeder: Feeder, by id: ReplicaID) {
        detach(id)
        nodes[id]?.claim = nil
        guard case .replica(let name) = feeder, name != id else { return }
        nodes[id]?.avoid(feeder)
        nodes[name]?.isSuspect = true
    }

    /// Keeps a replica where it says it is, if that can be.
    private mutating func adopt(_ id: ReplicaID) {
        guard let node = nodes[id], node.needsPlace else { return }
        waiting.insert(id)
        guard let claim = node.claim, fedCount(of: claim) < fanout, claim != .replica(id) else { return }
        if case .replica(let name) = claim {
            guard expects(name), !isBelow(name, id) else { return }
        }
        attach(id, to: claim)
    }

    /// Whether a replica may keep those that say they are fed by it.
    private mutating func expects(_ name: ReplicaID) -> Bool {
        if let node = nodes[name] { return node.keepsFed && !node.isSuspect }
        guard isAdopting else { return false }
        var expected = Node(condition: .silent)
        expected.isExpected = true
        nodes[name] = expected
        return true
    }

    /// Whether the lines of `name` come through `id`.
    private func isBelow(_ name: ReplicaID, _ id: ReplicaID) -> Bool {
        var next: Feeder? = .replica(name)
        while case .replica(let current)? = next {
            if current == id { return true }
            next = nodes[current]?.feeder
        }
        return false
    }
}

// MARK: - Places

extension FanoutTree {
    /// How far from the log each one is that the log reaches.
    private typealias Depths = [Feeder: Int]

    /// Gives a place to whoever waits, the best first, then moves who is behind a lagging one.
    private mutating func settle() {
        if !waiting.isEmpty { place() }
        for id in causes() { relieve(id) }
    }

    private mutating func place() {
        var depths = Depths()
        reach(from: .log, depth: 0, &depths)
        while let id = nextWaiting() {
            if let place = place(for: id, depths) {
                attach(id, to: place)
                reach(from: .replica(id), depth: (depths[place] ?? 0) + 1, &depths)
            } else if let victim = victim(for: id, depths), let place = nodes[victim]?.feeder {
                detach(victim)
                attach(id, to: place)
                depths = [:]
                reach(from: .log, depth: 0, &depths)
            } else if !releaseBehindWaiting() {
                return
            }
        }
    }

    /// Whoever is behind one that waits may find a place of its own. False: nobody is.
    private mutating func releaseBehindWaiting() -> Bool {
        let feeding = waiting.filter { fedCount(of: .replica($0)) > 0 }
        for id in feeding { release(id) }
        return !feeding.isEmpty
    }

    private func nextWaiting() -> ReplicaID? {
        waiting.min { one, other in
            let ranks = (rank(one), rank(other))
            if ranks.0 != ranks.1 { return ranks.0 < ranks.1 }
            return one < other
        }
    }

    private func rank(_ id: ReplicaID) -> Int {
        guard let node = nodes[id] else { return .max }
        return node.isReliable ? -1 : node.condition.rawValue
    }

    private func reach(from feeder: Feeder, depth: Int, _ depths: inout Depths) {
        var level: [Feeder] = [feeder]
        var depth = depth
        while !level.isEmpty {
            for one in level { depths[one] = depth }
            level = level.flatMap { fed[$0, default: []].map(Feeder.replica) }
            depth += 1
        }
    }

    /// Whether it may take on one more.
    private func hasPlace(_ feeder: Feeder) -> Bool {
        guard fedCount(of: feeder) < fanout else { return false }
        guard case .replica(let name) = feeder else { return true }
        return nodes[name]?.isReliable == true
    }

    /// The free place nearest to the log, at the one who feeds fewest; with whom it has lost only if there is
    /// no other, and then with the one that it lost first.
    private func place(
        for id: ReplicaID, _ depths: Depths, where isFit: (Feeder) -> Bool = { _ in true }
    ) -> Feeder? {
        let node = nodes[id]
        func precedes(_ one: (key: Feeder, value: Int), _ other: (key: Feeder, value: Int)) -> Bool {
            let reluctances = (node?.reluctance(to: one.key) ?? -1, node?.reluctance(to: other.key) ?? -1)
            if reluctances.0 != reluctances.1 { return reluctances.0 < reluctances.1 }
            if one.value != other.value { return one.value < other.value }
            let counts = (fedCount(of: one.key), fedCount(of: other.key))
            return counts.0 == counts.1 ? Feeder.precedes(one.key, other.key) : counts.0 < counts.1
        }
        return depths.filter { hasPlace($0.key) && isFit($0.key) }.min(by: precedes)?.key
    }

    /// Who has to give its place to a reliable replica that found none: nearest to the log, and of those the
    /// one that is worth least.
    private func victim(for id: ReplicaID, _ depths: Depths) -> ReplicaID? {
        guard nodes[id]?.isReliable == true else { return nil }
        var best: (id: ReplicaID, depth: Int)?
        for case (.replica(let name), let depth) in depths {
            guard let node = nodes[name], !node.isReliable, let feeder = node.feeder, isReliable(feeder)
            else {
                continue
            }
            if let best, !precedes((name, depth), best) { continue }
            best = (name, depth)
        }
        return best?.id
    }

    private func precedes(_ one: (id: ReplicaID, depth: Int), _ other: (id: ReplicaID, depth: Int)) -> Bool {
        if one.depth != other.depth { return one.depth < other.depth }
        let ranks = (rank(one.id), rank(other.id))
        if ranks.0 != ranks.1 { return ranks.0 > ranks.1 }
        return one.id < other.id
    }

    private func isReliable(_ feeder: Feeder) -> Bool {
        guard case .replica(let name) = feeder else { return true }
        return nodes[name]?.isReliable == true
    }

    /// Those that lag while who feeds them does not.
    private func causes() -> [ReplicaID] {
        nodes.filter { id, node in
            guard node.condition == .lagging, fedCount(of: .replica(id)) > 0, let feeder = node.feeder else {
                return false
            }
            return isReliable(feeder)
        }.keys.sorted()
    }

    private mutating func relieve(_ cause: ReplicaID) {
        var depths = Depths()
        reach(from: .log, depth: 0, &depths)
        var behind = Depths()
        reach(from: .replica(cause), depth: 0, &behind)
        let names = fed[.replica(cause), default: []].sorted()
        for id in names {
            guard let place = place(for: id, depths, where: { behind[$0] == nil }) else { return }
            detach(id)
            attach(id, to: place)
        }
    }
}
