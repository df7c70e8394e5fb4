import LogLine
import Replication

/// Where and when to connect next: a decision without I/O.
///
/// | how it ended | what follows |
/// |---|---|
/// | 4001, a token refused | nothing: the token is not good any more |
/// | 1008, any other 401 | nothing: it is not taken here, whatever it may be worth elsewhere |
/// | 1012 | the next server, after the delay that the last one gave |
/// | 1013, a 429 or a 503 | the next server; when all were tried, after a second or more |
/// | 4000, 4002 | the same server, at once |
/// | anything else | the next server at once; when all were tried, after a growing delay |
public struct StreamPlan: Sendable {
    public enum End: Equatable, Sendable {
        case closed(code: UInt16, reason: String)
        /// The handshake was answered with another status.
        case refused(status: Int, retryAfter: Int?, reason: String)
        /// A chat-server said that the token is not good.
        case tokenRefused(String)
        case broken(String)
    }

    public enum Step: Equatable, Sendable {
        case connect(server: Int, after: Duration)
        /// - Parameter tokenIsVoid: that was said by a chat-server, and clearly.
        case signedOut(String, tokenIsVoid: Bool)
    }

    private enum Code {
        static let policy: UInt16 = 1008
        static let restart: UInt16 = 1012
        static let busy: UInt16 = 1013
        static let slow: UInt16 = 4000
        static let signedOut: UInt16 = 4001
        static let otherLog: UInt16 = 4002
    }

    public static let delayMin = Duration.milliseconds(500)
    public static let delayMax = Duration.seconds(15)
    private static let atOnce = Duration.milliseconds(100)
    private static let busyDelayMin = Duration.seconds(1)
    private static let toldDelayMax = Duration.seconds(60)

    public private(set) var server = 0
    private let serverCount: Int
    /// Since it was live.
    private var failures = 0
    private var backoff: Backoff
    /// What `bye` said.
    private var told: Duration?

    public init(serverCount: Int, seed: UInt64) {
        precondition(serverCount > 0)
        self.serverCount = serverCount
        backoff = Backoff(delayMin: StreamPlan.delayMin, delayMax: StreamPlan.delayMax, seed: seed)
    }

    /// Everything that was missed has come.
    public mutating func becameLive() {
        failures = 0
        backoff.succeed()
    }

    /// The server shuts down, and wants to be left alone for so long.
    public mutating func toldGoodbye(retry: Duration) { told = min(retry, StreamPlan.toldDelayMax) }

    public mutating func next(after end: End) -> Step {
        let told = self.told.take()
        switch end {
        case .closed(Code.signedOut, let reason), .tokenRefused(let reason):
            return .signedOut(reason, tokenIsVoid: true)
        case .closed(Code.policy, let reason), .refused(401, _, let reason):
            return .signedOut(reason, tokenIsVoid: false)
        case .closed(Code.slow, _), .closed(Code.otherLog, _):
            return .connect(server: server, after: StreamPlan.atOnce)
        case .closed(Code.restart, let reason):
            let delay = told ?? StreamPlan.delay(in: reason)
            return .connect(server: advance(), after: delay ?? pause())
        case .closed(Code.busy, _): return busy(for: nil)
        case .refused(_, let seconds, _): return busy(for: seconds)
        case .closed, .broken: return .connect(server: advance(), after: told ?? pause())
        }
    }

    private mutating func busy(for seconds: Int?) -> Step {
        let wanted = Duration.seconds(min(seconds ?? 1, 60))
        let pause = pause()
        let isAnotherThere = failures < serverCount
        let delay = isAnotherThere ? pause : max(pause, wanted, StreamPlan.busyDelayMin)
        return .connect(server: advance(), after: delay)
    }

    /// Milliseconds, as the reason of 1012 has them.
    private static func delay(in reason: String) -> Duration? {
        let digits = reason.drop { !$0.isASCII || !$0.isNumber }.prefix { $0.isASCII && $0.isNumber }
        return Int64(digits).map { min(.milliseconds($0), toldDelayMax) }
    }

    /// Others are tried at once; who was tried already is left in peace for longer and longer.
    private mutating func pause() -> Duration {
        failures += 1
        return failures < serverCount ? StreamPlan.atOnce : backoff.fail()
    }

    private mutating func advance() -> Int {
        server = (server + 1) % serverCount
        return server
    }
}
