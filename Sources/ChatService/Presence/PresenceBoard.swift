import LogLine
import Replication

/// Who is there, as all pods together say. Pure: times are passed in.
///
/// Each pod reports all its people again and again. Somebody is online when any pod says so, else away when
/// any says so, else offline. A pod that is silent for `PresenceLimits.silenceMax` is gone, and its people
/// with it: they were last seen when it was last heard. This pod's own report never fades.
struct PresenceBoard {
    /// When something happened, by both clocks.
    struct Moment {
        /// By a clock that only goes forward.
        let elapsed: Duration
        /// By the calendar.
        let time: Timestamp
    }

    private struct Pod {
        let sequence: UInt64
        let heard: Moment
        let people: [[UInt8]: Attendance]
    }

    private let own: UInt64
    private var pods = [UInt64: Pod]()
    /// Of those who were here and are not any more.
    private var lastSeen = [[UInt8]: Timestamp]()

    /// - Parameter own: this pod.
    init(own: UInt64) { self.own = own }

    /// Nil: not seen since this pod started, nor heard of from others.
    subscript(name: [UInt8]) -> Presence? {
        switch attendance(name) {
        case .online: .online
        case .away: .away
        case nil: lastSeen[name].map { .offline(lastSeen: $0) }
        }
    }

    /// Everybody who was seen, in no particular order.
    var names: Set<[UInt8]> { presentNames.union(lastSeen.keys) }

    var presentNames: Set<[UInt8]> {
        pods.values.reduce(into: []) { $0.formUnion($1.people.keys) }
    }

    func knows(_ pod: UInt64) -> Bool { pods[pod] != nil }

    /// Those who left at `time` or later, the last ones first, at most as many as a report may have.
    func left(since time: Timestamp) -> [EphemeralSignal.Departure] {
        lastSeen.lazy.filter { $0.value >= time }.sorted { $0.value > $1.value }
            .prefix(EphemeralSignal.leftMax)
            .map { EphemeralSignal.Departure(name: $0.key, lastSeen: $0.value) }
    }

    // MARK: Events

    /// Takes the word of a pod. One that is not newer than the last one is passed over, and so are more pods
    /// than `PresenceLimits.podsMax`.
    /// - Returns: whose presence is another one now.
    mutating func take(
        _ report: EphemeralSignal.PeopleReport, from pod: UInt64, at moment: Moment
    ) -> [[UInt8]] {
        if let last = pods[pod] {
            guard report.sequence > last.sequence else { return [] }
        } else {
            guard pods.count < PresenceLimits.podsMax || pod == own else { return [] }
        }
        var people = [[UInt8]: Attendance]()
        for name in report.away { people[name] = .away }
        for name in report.online { people[name] = .online }
        let changed = replace(
            pod, by: Pod(sequence: report.sequence, heard: moment, people: people), seen: moment.time)
        return changed + learn(report.left, at: moment.time)
    }

    /// Gives up the pods that have been silent for too long.
    /// - Returns: whose presence is another one now.
    mutating func fade(at elapsed: Duration) -> [[UInt8]] {
        let silent = pods.filter { id, pod in
            id != own && elapsed - pod.heard.elapsed >= PresenceLimits.silenceMax
        }
        return silent.flatMap { id, pod in replace(id, by: nil, seen: pod.heard.time) }
    }

    // MARK: Private

    /// What another pod remembers of people who are nowhere now. Nobody has left after now; and that pods
    /// differ by a moment in when it was is not worth a word.
    private mutating func learn(_ left: [EphemeralSignal.Departure], at now: Timestamp) -> [[UInt8]] {
        left.compactMap { departure in
            let time = min(departure.lastSeen, now)
            let known = lastSeen[departure.name] ?? .earliest
            guard attendance(departure.name) == nil, known < time.before(PresenceLimits.reportInterval) else {
                return nil
            }
            note(departure.name, isHere: false, at: time)
            return departure.name
        }
    }

    private func attendance(_ name: [UInt8]) -> Attendance? {
        var found: Attendance?
        for pod in pods.values {
            switch pod.people[name] {
            case .online: return .online
            case .away: found = .away
            case nil: continue
            }
        }
        return found
    }

    private mutating func replace(_ id: UInt64, by pod: Pod?, seen time: Timestamp) -> [[UInt8]] {
        let (old, new) = (pods[id]?.people ?? [:], pod?.people ?? [:])
        let touched = Set(old.keys).union(new.keys).filter { old[$0] != new[$0] }
        let before = touched.map { (name: $0, attendance: attendance($0)) }
        pods[id] = pod
        return before.compactMap { name, attendance in
            let now = self.attendance(name)
            guard now != attendance else { return nil }
            note(name, isHere: now != nil, at: time)
            return name
        }
    }

    private mutating func note(_ name: [UInt8], isHere: Bool, at time: Timestamp) {
        lastSeen[name] = isHere ? nil : time
        guard lastSeen.count > PresenceLimits.rememberedMax else { return }
        // The older half: so this is rare.
        let oldest = lastSeen.sorted { $0.value < $1.value }.prefix(PresenceLimits.rememberedMax / 2)
        for (name, _) in oldest { lastSeen[name] = nil }
    }
}

extension Timestamp {
    func before(_ duration: Duration) -> Timestamp {
        Timestamp(milliseconds: milliseconds - Int64(duration / .milliseconds(1)))
    }
}
