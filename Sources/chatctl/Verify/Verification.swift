import ClusterTools
import EventLoop
import LogLine
import Operations
import Replication
import Web

/// Compares the members of a cluster with its log, also while lines are written: at the log's head of the
/// beginning, which every member gets to.
///
/// Happy path: the log is read once from its beginning, which gives its digests and its keys; each server is
/// asked whether it has the same digest there (`/log` refuses another one with 409), then for its keys.
/// On another digest the first place where it differs is found by halving, and the lines before it are read
/// from both.
@LoopActor
final class Verification {
    private let log: Endpoint
    private let servers: [Endpoint]
    private let readsLines: Bool
    private let timeout: Duration
    private var differences = 0
    private var unasked = 0

    /// What a server is compared with.
    struct Reference {
        let epoch: String
        let chain: LogChain
        let keys: KeyCheck

        /// Up to where.
        var place: LogChain.Place { chain.places[chain.places.count - 1] }
    }

    static let couldNotAsk = ServiceProcess.ExitCode.badSettings
    /// Of a line that is shown.
    private static let shownBytesMax = 2_000
    private static let askInterval = Duration.milliseconds(50)

    init(log: Endpoint, servers: [Endpoint], readsLines: Bool, timeout: Duration) {
        self.log = log
        self.servers = servers
        self.readsLines = readsLines
        self.timeout = timeout
    }

    func run() async throws(ChatControl.Failure) {
        let reference = try await readLog()
        for server in servers { await check(server, reference) }
        if differences > 0 {
            throw ChatControl.Failure("\(differences) of \(servers.count) servers differ from the log")
        }
        if unasked > 0 {
            throw ChatControl.Failure(
                "\(unasked) of \(servers.count) servers could not be compared",
                code: Verification.couldNotAsk)
        }
        Terminal.say("all equal")
    }

    // MARK: The log

    private func readLog() async throws(ChatControl.Failure) -> Reference {
        let state: ServiceState
        do throws(ChatControl.Failure) { state = try await ServiceState.read(log) } catch {
            throw ChatControl.Failure(error.message, code: Verification.couldNotAsk)
        }
        let fold = FoldedLog(through: state.offset, keepsKeys: true)
        do throws(LineFeed.Refusal) {
            try await fold.read(log, epoch: state.epoch, through: state.offset)
        } catch {
            throw ChatControl.Failure("\(log.url): \(error.message)", code: Verification.couldNotAsk)
        }
        if let damage = fold.damage {
            throw ChatControl.Failure(
                "\(log.url): the log itself is damaged at offset \(damage.offset): \(damage.detail)")
        }
        let chain = fold.chain
        guard chain.offset == state.offset, chain.digest.description == state.digest else {
            throw ChatControl.Failure(
                "\(log.url): its lines make digest \(chain.digest) at offset \(chain.offset), but it says "
                    + "\(state.digest) at \(state.offset)")
        }
        Terminal.say(
            "log \(log.url): epoch \(state.epoch), offset \(chain.offset), digest \(chain.digest): "
                + "every line is whole")
        return Reference(
            epoch: state.epoch, chain: chain, keys: KeyCheck(log: log, epoch: state.epoch, fold: fold))
    }
}

// MARK: A server

extension Verification {
    private enum Finding {
        case equal(String)
        case differs(String)
        case unasked(String)
    }

    private func check(_ server: Endpoint, _ reference: Reference) async {
        let finding: Finding
        do throws(LineFeed.Refusal) {
            finding = try await compare(server, reference)
        } catch {
            finding = .unasked(error.message)
        }
        switch finding {
        case .equal(let detail): Terminal.say("\(server.url): equal, \(detail)")
        case .differs(let detail):
            differences += 1
            Terminal.say("\(server.url): DIFFERS: \(detail)")
        case .unasked(let detail):
            unasked += 1
            Terminal.say("\(server.url): not compared: \(detail)")
        }
    }

    private func compare(
        _ server: Endpoint, _ reference: Reference
    ) async throws(LineFeed.Refusal) -> Finding {
        let place = reference.place
        let state = try await reach(server, place.offset)
        guard state.epoch == reference.epoch else {
            return .differs("its log is another one, of epoch \(state.epoch)")
        }
        guard state.offset >= place.offset else {
            return .unasked("it is at offset \(state.offset), not at \(place.offset), after \(timeout)")
        }
        guard try await hasDigest(server, place, reference) else {
            return .differs(try await findDifference(server, reference))
        }
        if readsLines, let difference = try await readAll(server, reference) { return .differs(difference) }
        let lines = readsLines ? ", every line is whole" : ""
        let keys: String
        switch try await reference.keys.check(server) {
        case .differs(let difference): return .differs("its keys do, \(difference)")
        case .equal(let count): keys = ", \(count) keys"
        case .none: keys = ", no keys to ask for"
        }
        return .equal("digest \(place.digest) at offset \(place.offset)\(lines)\(keys)")
    }

    /// Its state when it has got there, or when it has taken too long.
    private func reach(_ server: Endpoint, _ offset: Offset) async throws(LineFeed.Refusal) -> ServiceState {
        let deadline = LoopClock.monotonic + timeout
        while true {
            let state: ServiceState
            do throws(ChatControl.Failure) { state = try await ServiceState.read(server) } catch {
                throw LineFeed.Refusal(problem: nil, message: error.message)
            }
            if state.offset >= offset || LoopClock.monotonic >= deadline { return state }
            await Pause.sleep(Verification.askInterval)
        }
    }

    /// Whether the server has the log's digest at that place.
    private func hasDigest(
        _ server: Endpoint, _ place: LogChain.Place, _ reference: Reference
    ) async throws(LineFeed.Refusal) -> Bool {
        let target = "/log?after=\(place.offset)&epoch=\(reference.epoch)&digest=\(place.digest)"
        let status: Int
        do throws(ClientError) {
            status = try await server.client.response(
                to: ClientRequest(.head, target, fields: server.fields)
            ).head.status
        } catch {
            throw LineFeed.Refusal(problem: nil, message: error.message)
        }
        guard status != 200 else { return true }
        // Only a whole answer says why.
        do throws(LineFeed.Refusal) {
            try await LineFeed.read(server, target) { _ in false }
        } catch {
            guard error.problem == .digestConflict else { throw error }
            return false
        }
        return true
    }

    private func findDifference(
        _ server: Endpoint, _ reference: Reference
    ) async throws(LineFeed.Refusal) -> String {
        let places = reference.chain.places
        var search = FirstDifference(last: places.count - 1)
        while let question = search.question {
            search.answer(isEqual: try await hasDigest(server, places[question], reference))
        }
        let stretch = reference.chain.stretch(before: search.place)
        return try await compareLines(server, after: stretch.after, through: stretch.through, reference)
    }

    /// Every line of the server, read from the beginning; nil: they are the log's.
    private func readAll(
        _ server: Endpoint, _ reference: Reference
    ) async throws(LineFeed.Refusal) -> String? {
        let fold = FoldedLog(through: reference.place.offset, keepsKeys: false)
        try await fold.read(server, epoch: reference.epoch, through: reference.place.offset)
        if let damage = fold.damage {
            let difference = try await compareLines(
                server, after: damage.offset.previous, through: damage.offset, reference)
            return "\(difference)\n  that line is damaged: \(damage.detail)"
        }
        guard let place = fold.chain.firstDifference(from: reference.chain) else { return nil }
        let stretch = reference.chain.stretch(before: place)
        return try await compareLines(server, after: stretch.after, through: stretch.through, reference)
    }

    /// Shows the first line of a stretch that is not the same on both.
    private func compareLines(
        _ server: Endpoint, after: Offset, through: Offset, _ reference: Reference
    ) async throws(LineFeed.Refusal) -> String {
        let own = try await lines(log, after: after, through: through, reference)
        let theirs = try await lines(server, after: after, through: through, reference)
        for index in 0..<max(own.count, theirs.count) {
            let line = index < own.count ? own[index] : nil
            let other = index < theirs.count ? theirs[index] : nil
            guard line != other else { continue }
            return """
                first at offset \(after + (index + 1))
                  log:    \(Verification.shown(line))
                  server: \(Verification.shown(other))
                """
        }
        return
            "its digest at offset \(through) is another one, though its lines behind \(after) are the log's"
    }

    private func lines(
        _ endpoint: Endpoint, after: Offset, through: Offset, _ reference: Reference
    ) async throws(LineFeed.Refusal) -> [[UInt8]] {
        let lines = Lines()
        let count = through - after
        try await LineFeed.read(endpoint, after: after, epoch: reference.epoch) { line in
            lines.all.append(Array(line))
            return lines.all.count < count
        }
        return lines.all
    }

    @LoopActor
    private final class Lines {
        var all: [[UInt8]] = []
    }

    private static func shown(_ line: [UInt8]?) -> String {
        guard let line else { return "none" }
        let cut = line.count > shownBytesMax ? "… (\(line.count) bytes)" : ""
        return Terminal.printable(String(decoding: line.prefix(shownBytesMax), as: UTF8.self)) + cut
    }
}
