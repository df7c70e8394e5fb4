import Replication

/// The accounts with a socket on this pod: somebody with several is online when any of them says so.
struct Attendees {
    private struct Sockets {
        var online = 0
        var away = 0
    }

    private var people = [[UInt8]: Sockets]()

    mutating func add(_ name: [UInt8], _ attendance: Attendance) { count(name, attendance, 1) }

    /// Precondition: it was added.
    mutating func remove(_ name: [UInt8], _ attendance: Attendance) { count(name, attendance, -1) }

    /// At most as many as a report may have: those who are online first.
    func report(sequence: UInt64) -> EphemeralSignal.PeopleReport {
        let countMax = EphemeralSignal.peopleMax
        let online = people.lazy.filter { $0.value.online > 0 }.map(\.key).prefix(countMax)
        let away = people.lazy.filter { $0.value.online == 0 }.map(\.key).prefix(countMax - online.count)
        return EphemeralSignal.PeopleReport(sequence: sequence, online: Array(online), away: Array(away))
    }

    private mutating func count(_ name: [UInt8], _ attendance: Attendance, _ difference: Int) {
        var sockets = people[name] ?? Sockets()
        switch attendance {
        case .online: sockets.online += difference
        case .away: sockets.away += difference
        }
        precondition(sockets.online >= 0 && sockets.away >= 0)
        people[name] = sockets.online + sockets.away > 0 ? sockets : nil
    }
}
