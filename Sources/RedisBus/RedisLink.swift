import EventLoop
import LogLine
import Replication

/// A connection to Redis that comes back: resolves, connects, signs in, and does so again after a growing,
/// jittered delay whenever it is lost.
@LoopActor
final class RedisLink {
    enum State {
        case stopped
        case connecting
        case open(RedisConnection)
        case waiting
    }

    /// Signed in, as Redis has confirmed; send the commands of the role.
    var onOpen: ((RedisConnection) -> Void)?
    var onReply: ((RedisReply, _ token: Int) -> Void)?
    var onLost: ((_ reason: String, _ retry: Duration) -> Void)?

    private let endpoint: RedisEndpoint
    private let expectsTraffic: Bool
    private var state = State.stopped
    private var backoff = Backoff(
        delayMin: RedisLimits.reconnectDelayMin, delayMax: RedisLimits.reconnectDelayMax,
        seed: UInt64.random(in: 0...UInt64.max))
    private var timer: LoopTimer?
    private var connecting: RedisConnection?
    /// To the commands that sign in.
    private var signInRepliesMissing = 0
    /// Tells answers to an earlier attempt's name resolution from this one's.
    private var attempt = 0
    /// When something last came, or the first unanswered command was sent.
    private var lastSign = Duration.zero
    private var watch: LoopTimer?

    private static let signInToken = -1

    /// `expectsTraffic`: silence means that the connection is dead.
    init(_ endpoint: RedisEndpoint, expectsTraffic: Bool) {
        self.endpoint = endpoint
        self.expectsTraffic = expectsTraffic
    }

    var connection: RedisConnection? {
        if case .open(let connection) = state { connection } else { nil }
    }

    func start() {
        guard case .stopped = state else { return }
        connect()
    }

    func stop() {
        attempt += 1
        timer = nil
        watch = nil
        let open = connection ?? connecting
        state = .stopped
        connecting = nil
        open?.close("stopped")
    }

    /// The connection works: the next loss is tried again soon.
    func confirm() { backoff.succeed() }

    func lose(_ reason: String) {
        switch state {
        case .stopped, .waiting: return
        case .connecting, .open: break
        }
        attempt += 1
        let failed = connection ?? connecting
        connecting = nil
        state = .waiting
        watch = nil
        failed?.close(reason)
        let delay = backoff.fail()
        timer = LoopTimer { [unowned self] in connect() }
        timer?.schedule(after: delay)
        onLost?(reason, delay)
    }

    // MARK: Private

    private func connect() {
        state = .connecting
        attempt += 1
        let current = attempt
        timer = LoopTimer { [unowned self] in lose("no answer within \(RedisLimits.connectTime)") }
        timer?.schedule(after: RedisLimits.connectTime)
        Resolver.resolve(host: endpoint.host, port: endpoint.port) { [weak self] result in
            guard let self, current == attempt else { return }
            switch result {
            case .success(let address): open(address)
            case .failure(let error): lose(error.message)
            }
        }
    }

    private func open(_ address: SocketAddress) {
        guard let connection = RedisConnection(address: address.host, port: endpoint.port) else {
            return lose("cannot connect to \(address)")
        }
        connecting = connection
        connection.onOpen = { [weak self] in self?.signIn(connection) }
        connection.onClosed = { [weak self] reason in self?.lose(reason) }
        connection.onReply = { [weak self, weak connection] reply, token in
            guard let self, let connection else { return }
            replied(reply, token, on: connection)
        }
    }

    private func signIn(_ connection: RedisConnection) {
        var commands = [[String]]()
        if let password = endpoint.password {
            commands.append(["AUTH"] + (endpoint.user.map { [$0] } ?? []) + [password])
        }
        if endpoint.database != 0 { commands.append(["SELECT", String(endpoint.database)]) }
        commands.append(["CLIENT", "SETNAME", "chat-cluster"])
        signInRepliesMissing = commands.count
        for command in commands { connection.send(command, token: RedisLink.signInToken) }
    }

    /// Only now a connection counts: what accepts it may be frozen, or no Redis at all.
    private func signedIn(_ connection: RedisConnection) {
        timer = nil
        connecting = nil
        state = .open(connection)
        if expectsTraffic {
            watch = LoopTimer(every: RedisLimits.watchInterval) { [unowned self] in checkSilence() }
        }
        onOpen?(connection)
    }

    private func replied(_ reply: RedisReply, _ token: Int, on connection: RedisConnection) {
        lastSign = LoopClock.monotonic
        guard token == RedisLink.signInToken else {
            onReply?(reply, token)
            return
        }
        // The connection's name is a convenience, which access rules may deny.
        if case .error(let text) = reply, !text.hasPrefix("NOPERM") { return lose("signing in: \(text)") }
        signInRepliesMissing -= 1
        if signInRepliesMissing == 0 { signedIn(connection) }
    }

    private func checkSilence() {
        guard LoopClock.monotonic - lastSign > RedisLimits.silenceTime else { return }
        lose("nothing came for \(RedisLimits.silenceTime)")
    }
}
