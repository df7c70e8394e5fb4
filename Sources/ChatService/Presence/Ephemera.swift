import EventLoop
import LogLine
import Operations
import Replication

/// What is never in the log: who writes where, and who is there. Pods tell each other over Redis.
///
/// Happy path: a pod says who is there every `PresenceLimits.reportInterval`, and soon after a change; each
/// pod merges what all say. Redis away: others' people fade, this pod's stay; what somebody types is seen on
/// this pod alone. Nothing else stops. When Redis is back, or a pod is heard for the first time, everybody
/// reports at once, and tells it who was here before.
@LoopActor
final class Ephemera {
    /// Somebody writes, on another pod.
    var onTyping: (@LoopActor (Channel, Author) -> Void)?
    /// The presence of these people is another one now.
    var onChange: (@LoopActor ([PresentPerson]) -> Void)?

    private let replica: Replica
    private let incarnation: UInt64
    private var attendees = Attendees()
    private var board: PresenceBoard
    private var sequence: UInt64 = 0
    private var isReportDue = false
    /// A pod has come that does not know who was here before.
    private var hasNewcomer = false
    private var isGathering = false
    /// Whose change has not been told yet.
    private var changed = Set<[UInt8]>()
    private var timers = [LoopTimer]()
    private var gatherTimer: LoopTimer?
    private let published: Counter
    private let dropped: Counter

    init(_ replica: Replica, incarnation: UInt64, metrics: Metrics) {
        self.replica = replica
        self.incarnation = incarnation
        board = PresenceBoard(own: incarnation)
        published = metrics.counter(
            "chat_pod_published_signals_total", "Signals of presence and typing given to Redis.")
        dropped = metrics.counter(
            "chat_pod_dropped_signals_total", "Signals not given to Redis: away, or too much was queued.")
        metrics.gauge("chat_pod_present_people", "Accounts that are online or away, on any pod.") {
            [unowned self] in Double(board.presentNames.count)
        }
        gatherTimer = LoopTimer { [unowned self] in tell() }
        timers = [
            LoopTimer(every: PresenceLimits.reportInterval) { [unowned self] in reportSoon() },
            LoopTimer(every: PresenceLimits.fadeInterval) { [unowned self] in
                noteChanges(board.fade(at: LoopClock.monotonic))
            },
        ]
        replica.onSignal = { [unowned self] in received($0) }
        replica.onPublishing = { [unowned self] in reportSoon() }
    }

    // MARK: People

    /// Everybody who was seen since this pod started, or was heard of from others, those who are there first.
    /// Nobody where there are no accounts.
    var people: [PresentPerson] { shown(board.names).sorted(by: PresentPerson.areInOrder) }

    /// A socket speaks for an account from now on.
    /// - Parameter name: as the account is spelled.
    func arrived(_ name: [UInt8], _ attendance: Attendance) {
        attendees.add(name, attendance)
        reportSoon()
    }

    func left(_ name: [UInt8], _ attendance: Attendance) {
        attendees.remove(name, attendance)
        reportSoon()
    }

    // MARK: Typing

    /// Tells the other pods that somebody writes here.
    func typed(_ channel: Channel, _ name: Author) { publish(.typing(channel, name)) }

    // MARK: Private

    private func received(_ signal: EphemeralSignal) {
        guard signal.pod != incarnation else { return }
        switch signal.content {
        case .typing(let channel, let name): onTyping?(channel, name)
        case .people(let report):
            // It has not heard of our people either.
            if !board.knows(signal.pod) {
                hasNewcomer = true
                reportSoon()
            }
            noteChanges(board.take(report, from: signal.pod, at: Ephemera.now))
        }
    }

    private func reportSoon() {
        isReportDue = true
        gather()
    }

    private func noteChanges(_ names: [[UInt8]]) {
        guard !names.isEmpty else { return }
        changed.formUnion(names)
        gather()
    }

    private func gather() {
        guard !isGathering else { return }
        isGathering = true
        gatherTimer?.schedule(after: PresenceLimits.gatherTime)
    }

    private func tell() {
        isGathering = false
        if isReportDue { report() }
        let names = changed
        changed = []
        let people = shown(names)
        if !people.isEmpty { onChange?(people) }
    }

    private func report() {
        isReportDue = false
        sequence += 1
        var report = attendees.report(sequence: sequence)
        let now = Ephemera.now
        changed.formUnion(board.take(report, from: incarnation, at: now))
        let repeated = now.time.before(PresenceLimits.leftRepeated)
        report.left = board.left(since: hasNewcomer ? .earliest : repeated)
        hasNewcomer = false
        publish(.people(report))
    }

    private func publish(_ content: EphemeralSignal.Content) {
        (replica.publish(EphemeralSignal(pod: incarnation, content)) ? published : dropped).increment()
    }

    /// Without deleted accounts. Where there are no accounts, whoever reaches Redis may have said anything.
    private func shown(_ names: Set<[UInt8]>) -> [PresentPerson] {
        let chat = replica.source.chat
        guard chat.allowsAccounts else { return [] }
        return names.compactMap { name in
            guard chat.accounts[name]?.isDeleted != true, let presence = board[name] else { return nil }
            return PresentPerson(name: name, presence: presence)
        }
    }

    private static var now: PresenceBoard.Moment {
        PresenceBoard.Moment(
            elapsed: LoopClock.monotonic, time: Timestamp(milliseconds: LoopClock.wallMilliseconds))
    }
}
