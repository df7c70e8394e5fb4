import EventLoop
import LogLine

/// Why a stream ends before its consumer wished it.
enum CutReason: Equatable {
    /// Lines older than the pod's memory could not be had from the log.
    case historyUnavailable
    /// The log became another one.
    case superseded
}

/// What carries a stream's lines to its consumer: a WebSocket, or an answer of Server-Sent Events.
@LoopActor
protocol Outlet: AnyObject {
    /// Whether history may be added to what is queued.
    var hasRoom: Bool { get }
    func send(_ lines: OutgoingLines)
    /// All history up to here has been sent; from now on lines come as they are written.
    func joined(at position: Position)
    /// Asks for `Subscription.room` when there is room again.
    func waitForRoom(_ subscription: Subscription)
    /// Somebody writes in a channel whose lines go here.
    func show(_ typing: TypingNotice)
    /// Nothing more comes; the consumer may resume from the position of the last line it has.
    func cut(_ reason: CutReason)
}

extension Outlet {
    /// What carries lines alone shows nothing.
    func show(_ typing: TypingNotice) {}
}
