import LogLine
import Replication
import Testing

@testable import ChatService

private let own: UInt64 = 1
private let alice = Array("Alice".utf8)
private let bob = Array("bob".utf8)

private func moment(_ seconds: Int) -> PresenceBoard.Moment {
    PresenceBoard.Moment(elapsed: .seconds(seconds), time: time(seconds))
}

private func time(_ seconds: Int) -> Timestamp { Timestamp(milliseconds: Int64(1000 * seconds)) }

private func report(
    _ sequence: UInt64, online: [[UInt8]] = [], away: [[UInt8]] = [],
    left: [EphemeralSignal.Departure] = []
) -> EphemeralSignal.PeopleReport {
    EphemeralSignal.PeopleReport(sequence: sequence, online: online, away: away, left: left)
}

private func departure(_ name: [UInt8], _ seconds: Int) -> EphemeralSignal.Departure {
    EphemeralSignal.Departure(name: name, lastSeen: time(seconds))
}

/// By reference: an expectation cannot change a value.
private final class Board {
    private var board = PresenceBoard(own: own)

    subscript(name: [UInt8]) -> Presence? { board[name] }
    var names: Set<[UInt8]> { board.names }
    func knows(_ pod: UInt64) -> Bool { board.knows(pod) }
    func left(since seconds: Int) -> [EphemeralSignal.Departure] { board.left(since: time(seconds)) }
    func fade(at time: Duration) -> [[UInt8]] { board.fade(at: time) }

    func take(
        _ report: EphemeralSignal.PeopleReport, from pod: UInt64, at moment: PresenceBoard.Moment
    ) -> [[UInt8]] {
        board.take(report, from: pod, at: moment)
    }
}

/// The same.
private final class Pace {
    private var pace = TypingPace()

    func admits(_ channel: [UInt8], at time: Duration) -> Bool { pace.admits(channel, at: time) }
    func sent(_ channel: [UInt8]) { pace.sent(channel) }
}

@Suite("The merge of what pods say of their people")
struct PresenceBoardTests {
    private let board = Board()

    @Test("shows somebody as any pod shows them, online before away")
    func merge() {
        #expect(board.take(report(1, away: [alice]), from: 2, at: moment(0)) == [alice])
        #expect(board[alice] == .away)
        #expect(board.take(report(1, online: [alice]), from: 3, at: moment(1)) == [alice])
        #expect(board.take(report(2), from: 2, at: moment(2)).isEmpty)
        #expect(board[alice] == .online)
    }

    @Test("learns from others when those were seen last who are nowhere now, and tells it")
    func departures() {
        _ = board.take(report(1, online: [alice]), from: 2, at: moment(100))
        let left = [departure(alice, 50), departure(bob, 60)]
        #expect(board.take(report(1, left: left), from: 3, at: moment(101)) == [bob])
        #expect(board[alice] == .online && board[bob] == .offline(lastSeen: time(60)))
        // A later time counts, but not one that differs by little, nor one that is still to come.
        #expect(board.take(report(2, left: [departure(bob, 63)]), from: 3, at: moment(102)).isEmpty)
        #expect(board.take(report(3, left: [departure(bob, 55)]), from: 3, at: moment(103)).isEmpty)
        #expect(board.take(report(4, left: [departure(bob, 500)]), from: 3, at: moment(104)) == [bob])
        #expect(board[bob] == .offline(lastSeen: time(104)))
        _ = board.take(report(2), from: 2, at: moment(110))
        #expect(board.left(since: 0) == [departure(alice, 110), departure(bob, 104)])
        #expect(board.left(since: 105) == [departure(alice, 110)])
    }

    @Test("tells of no more who left than a report may have, the last ones")
    func departuresBound() {
        let names = (0...EphemeralSignal.leftMax).map { Array("\($0)".utf8) }
        for (number, name) in names.enumerated() {
            _ = board.take(report(UInt64(2 * number + 1), online: [name]), from: 2, at: moment(number))
            _ = board.take(report(UInt64(2 * number + 2)), from: 2, at: moment(number))
        }
        #expect(board.left(since: 0).count == EphemeralSignal.leftMax)
        #expect(board.left(since: 0).last?.name == names[1])
    }

    @Test("shows nothing of those who were never seen")
    func unseen() {
        #expect(board[bob] == nil)
        #expect(board.names.isEmpty)
    }

    @Test("shows who left their last pod as offline since then, and as online when they come back")
    func leaving() {
        _ = board.take(report(1, online: [alice, bob]), from: 2, at: moment(0))
        #expect(board.take(report(2, online: [bob]), from: 2, at: moment(7)) == [alice])
        #expect(board[alice] == .offline(lastSeen: time(7)))
        #expect(board.take(report(3, online: [alice, bob]), from: 2, at: moment(9)) == [alice])
        #expect(board[alice] == .online)
    }

    @Test("gives up the people of a pod after 15 s of silence, as seen when it was last heard")
    func silence() {
        _ = board.take(report(1, online: [alice]), from: 2, at: moment(1))
        _ = board.take(report(2, online: [alice]), from: 2, at: moment(5))
        #expect(board.fade(at: .seconds(19)).isEmpty)
        #expect(board.fade(at: .seconds(20)) == [alice])
        #expect(board[alice] == .offline(lastSeen: time(5)))
        #expect(!board.knows(2))
    }

    @Test("keeps who is on another pod, too, when a pod is silent")
    func silenceOfOne() {
        _ = board.take(report(1, online: [alice]), from: 2, at: moment(0))
        _ = board.take(report(1, online: [alice]), from: 3, at: moment(10))
        #expect(board.fade(at: .seconds(16)).isEmpty)
        #expect(board[alice] == .online)
    }

    @Test("never gives up this pod's own people")
    func ownPeople() {
        _ = board.take(report(1, online: [alice]), from: own, at: moment(0))
        #expect(board.fade(at: .seconds(1000)).isEmpty)
        #expect(board[alice] == .online)
    }

    @Test("passes over a report that is not newer than the last one of its pod")
    func replay() {
        _ = board.take(report(2), from: 2, at: moment(0))
        #expect(board.take(report(2, online: [alice]), from: 2, at: moment(1)).isEmpty)
        #expect(board.take(report(1, online: [alice]), from: 2, at: moment(2)).isEmpty)
        #expect(board[alice] == nil)
    }

    @Test("hears a bounded number of pods, and always its own")
    func manyPods() {
        for pod in 0..<UInt64(PresenceLimits.podsMax) {
            _ = board.take(report(1, online: [alice]), from: 100 + pod, at: moment(0))
        }
        #expect(board.take(report(1, online: [bob]), from: 99, at: moment(0)).isEmpty)
        #expect(board.take(report(1, online: [bob]), from: own, at: moment(0)) == [bob])
    }

    @Test("remembers a bounded number of those who left, the latest ones")
    func manyPeople() {
        let countMax = PresenceLimits.rememberedMax
        for number in 0...countMax {
            let name = Array("user-\(number)".utf8)
            _ = board.take(report(UInt64(2 * number + 1), online: [name]), from: 2, at: moment(number))
            _ = board.take(report(UInt64(2 * number + 2)), from: 2, at: moment(number))
        }
        #expect(board.names.count == countMax + 1 - countMax / 2)
        #expect(board[Array("user-0".utf8)] == nil)
        #expect(board[Array("user-\(countMax)".utf8)] == .offline(lastSeen: time(countMax)))
    }
}

@Suite("The people of one pod")
struct AttendeesTests {
    @Test("are online when any of their sockets says so, away when all do, gone with the last one")
    func sockets() {
        var attendees = Attendees()
        attendees.add(alice, .away)
        attendees.add(alice, .online)
        #expect(attendees.report(sequence: 1) == report(1, online: [alice]))
        attendees.remove(alice, .online)
        #expect(attendees.report(sequence: 2) == report(2, away: [alice]))
        attendees.remove(alice, .away)
        #expect(attendees.report(sequence: 3) == report(3))
    }

    @Test("are reported up to a bound, those who are online first")
    func bound() {
        var attendees = Attendees()
        let countMax = EphemeralSignal.peopleMax
        for number in 0..<countMax {
            attendees.add(Array("user-\(number)".utf8), number < 10 ? .online : .away)
        }
        attendees.add(alice, .online)
        let found = attendees.report(sequence: 1)
        #expect((found.online.count, found.away.count) == (11, countMax - 11))
    }
}

@Suite("The pace of saying that somebody writes")
struct TypingPaceTests {
    @Test("is once a second in each channel")
    func pace() {
        let pace = Pace()
        #expect(pace.admits(alice, at: .seconds(10)))
        #expect(pace.admits(bob, at: .milliseconds(10_500)))
        #expect(!pace.admits(alice, at: .milliseconds(10_999)))
        #expect(pace.admits(alice, at: .seconds(11)))
    }

    @Test("begins anew in a channel to which a message was sent")
    func sent() {
        let pace = Pace()
        #expect(pace.admits(alice, at: .zero) && pace.admits(bob, at: .zero))
        pace.sent(alice)
        #expect(pace.admits(alice, at: .milliseconds(1)))
        #expect(!pace.admits(bob, at: .milliseconds(1)))
    }

    @Test("covers a bounded number of channels at once")
    func channels() {
        let pace = Pace()
        for channel in 0..<UInt8(PresenceLimits.typingChannelsMax) {
            #expect(pace.admits([channel], at: .zero))
        }
        #expect(!pace.admits(alice, at: .milliseconds(999)))
        #expect(pace.admits(alice, at: .seconds(1)))
    }
}

@Suite("An account's presence")
struct PresentPersonTests {
    @Test("is shown with when the account was last seen where it is not here; who is here comes first")
    func list() {
        let people = [
            PresentPerson(name: Array("dora".utf8), presence: .offline(lastSeen: time(1))),
            PresentPerson(name: Array("carol".utf8), presence: .offline(lastSeen: time(2))),
            PresentPerson(name: bob, presence: .away), PresentPerson(name: alice, presence: .online),
        ]
        let out = ByteBuffer()
        PresentPerson.encode(people.sorted(by: PresentPerson.areInOrder), into: out)
        let expected = """
            [{"name":"Alice","state":"online"},{"name":"bob","state":"away"},\
            {"name":"carol","state":"offline","last_seen":"1970-01-01T00:00:02.000Z"},\
            {"name":"dora","state":"offline","last_seen":"1970-01-01T00:00:01.000Z"}]
            """
        #expect(out.array == Array(expected.utf8))
    }
}
