import EventLoop
import LogLine
import LoopTestSupport
import Replication
import Testing
import Web

@testable import LogClient

/// A log's client, and what came of each write by its id.
@LoopActor
final class Writer {
    private(set) var results = [String: [AppendResult]]()
    /// Ids in the order of their results.
    private(set) var order = [String]()
    /// `open` and `lost`.
    private(set) var statuses = [String]()
    private(set) var log: HTTPLog?

    init(_ origin: Origin, secret: String? = nil, timeout: Duration = .seconds(30)) {
        log = HTTPLog(origin, secret: secret.map { Array($0.utf8) }, writeTimeout: timeout) {
            [unowned self] in
            switch $0 {
            case .open: statuses.append("open")
            case .lost: statuses.append("lost")
            }
        }
        Writer.all.append(self)
    }

    /// Its connection outlives its test.
    private static var all = [Writer]()

    func append(_ id: String, text: String = "hello") throws {
        let draft = Draft(
            channel: Channel(trusted: Array("c".utf8)), id: try MessageID(validating: Array(id.utf8)),
            body: .text(Array(text.utf8)))
        log?.append(draft) { [unowned self] result in
            results[id, default: []].append(result)
            order.append(id)
        }
    }

    func isReachable() async { await eventually("the log is reached") { log?.isReachable == true } }

    func answered(_ count: Int) async {
        await eventually("\(count) writes are answered") { order.count >= count }
    }

    /// The offset of a write that was answered once and not refused.
    func offset(_ id: String) -> UInt64? {
        guard let all = results[id], all.count == 1 else { return nil }
        switch all[0] {
        case .written(let receipt), .repeated(let receipt): return receipt.position.offset.value
        case .refused: return nil
        }
    }

    /// The problem of a write that was answered once and refused.
    func problem(_ id: String) -> Problem? {
        guard let all = results[id], all.count == 1, case .refused(let problem) = all[0] else { return nil }
        return problem
    }
}
