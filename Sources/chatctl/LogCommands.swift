import Crypto
import EventLoop
import LogLine
import Replication
import SegmentStore
import Web

/// `log check`, `log repair`, `log restore`: looking after a log's directory while no service uses it.
enum LogCommands {
    static let directoryOption = Arguments.Option(
        name: "data-dir", value: "DIR", summary: "The replication-log's DATA_DIR.")

    static func directory(_ arguments: Arguments) throws(ChatControl.Failure) -> String {
        guard let directory = arguments["data-dir"], !directory.isEmpty else {
            throw ChatControl.Failure("--data-dir DIR is wanted", code: .badSettings)
        }
        return directory
    }

    private static func attempt<Value>(
        _ body: () throws(LogError) -> Value
    ) throws(ChatControl.Failure) -> Value {
        do throws(LogError) { return try body() } catch { throw ChatControl.Failure(error.message) }
    }

    // MARK: check

    static let check = ChatControl.Command(
        name: "log check", usage: "log check --data-dir DIR",
        summary:
            "Reads every line and says whether all is as written; changes nothing; exit code 1 on damage.",
        options: [directoryOption]
    ) { (arguments) throws(ChatControl.Failure) in
        try arguments.require()
        let path = try directory(arguments)
        let report = try attempt { () throws(LogError) in try LogInspector(directory: path).check() }
        for segment in report.segments {
            let size = "\(segment.lines) lines, \(segment.bytes) bytes"
            Terminal.say("\(segment.file): \(size), from offset \(segment.first)")
        }
        Terminal.say("epoch \(report.epoch), offset \(report.head), digest \(report.digest)")
        Terminal.say("synced up to offset \(report.synced.map(\.description) ?? "unknown")")
        if report.isInUse { Terminal.say("a service uses this directory: the end may be being written") }
        switch report.verdict {
        case .whole: Terminal.say("whole")
        case .torn(let bytes, let problem):
            Terminal.say("whole, with \(bytes) bytes behind the end that were never acknowledged: \(problem)")
        case .damaged(let problem):
            throw ChatControl.Failure(
                "damaged: \(problem); 'chatctl log repair' keeps everything up to offset \(report.head)")
        }
    }

    // MARK: repair

    static let repair = ChatControl.Command(
        name: "log repair", usage: "log repair --data-dir DIR",
        summary:
            "Keeps the longest whole beginning, moves the rest aside (destroys nothing), makes a new epoch.",
        options: [directoryOption]
    ) { (arguments) throws(ChatControl.Failure) in
        try arguments.require()
        let path = try directory(arguments)
        let repaired = try attempt { () throws(LogError) in
            try LogInspector(directory: path).repair(newEpoch: Epoch(SecureRandom.uint64()))
        }
        guard let repaired else { return Terminal.say("nothing to repair") }
        Terminal.say(
            "kept up to offset \(repaired.head), digest \(repaired.digest); new epoch \(repaired.epoch)")
        for file in repaired.cutFiles { Terminal.say("moved aside: \(file)") }
    }

    // MARK: restore

    static let restore = ChatControl.Command(
        name: "log restore", usage: "log restore --from URL --data-dir DIR",
        summary: "Makes a new log of the lines that a pod or another log still has; a new epoch.",
        options: [
            directoryOption, Endpoint.secretOption,
            Arguments.Option(name: "from", value: "URL", summary: "Of a chat-server or a replication-log."),
            Arguments.Option(
                name: "epoch", value: "EPOCH",
                summary: "Of a superseded history that a pod keeps for a while."),
        ]
    ) { (arguments) throws(ChatControl.Failure) in
        try arguments.require()
        let path = try directory(arguments)
        guard let url = arguments["from"] else {
            throw ChatControl.Failure("--from URL is wanted", code: .badSettings)
        }
        var target = "/log?after=0"
        if let text = arguments["epoch"] {
            guard let epoch = Epoch(text) else {
                throw ChatControl.Failure(
                    "--epoch is '\(text)'; it takes 16 lowercase hex digits", code: .badSettings)
            }
            target += "&epoch=\(epoch)"
        }
        let restored = try await Restorer.run(try Endpoint(url, arguments), target, into: path)
        Terminal.say("restored up to \(restored.position), digest \(restored.digest)")
    }
}

/// Writes the lines of an answer into a new log as they come.
@LoopActor
private final class Restorer: ResponseConsumer {
    typealias Restored = (position: Position, digest: Digest)
    private typealias Outcome = Result<Restored, ChatControl.Failure>

    private let path: String
    private var importer: LogImporter?
    private let refusal = ByteBuffer()
    private var status = 0
    private var exchange: ClientExchange?
    private var continuation: CheckedContinuation<Outcome, Never>?

    static func run(
        _ endpoint: Endpoint, _ target: String, into path: String
    ) async throws(ChatControl.Failure) -> Restored {
        let restorer = Restorer(path)
        let outcome: Outcome = await withCheckedContinuation { continuation in
            restorer.continuation = continuation
            restorer.exchange = endpoint.client.send(
                ClientRequest(.get, target, fields: endpoint.fields), restorer)
        }
        return try outcome.get()
    }

    private init(_ path: String) { self.path = path }

    func received(_ head: ResponseHead) {
        status = head.status
        guard status == 200 else { return }
        // Only now: a source that refuses leaves no empty directory behind.
        attempt { () throws(LogError) in
            importer = try LogImporter(directory: path, newEpoch: Epoch(SecureRandom.uint64()))
        }
    }

    func received(body bytes: UnsafeRawBufferPointer) {
        guard status == 200 else { return refusal.append(bytes) }
        attempt { () throws(LogError) in try importer?.append(bytes) }
    }

    func ended() {
        guard status == 200 else { return end(.failure(Endpoint.failure(status, refusal.pointer))) }
        attempt { () throws(LogError) in
            guard let importer else { return }
            end(.success(try importer.finish()))
        }
    }

    func failed(_ error: ClientError) { end(.failure(ChatControl.Failure(error.message))) }

    private func attempt(_ body: () throws(LogError) -> Void) {
        do throws(LogError) { try body() } catch {
            exchange?.cancel()
            end(.failure(ChatControl.Failure(error.message)))
        }
    }

    private func end(_ outcome: Outcome) {
        continuation?.resume(returning: outcome)
        continuation = nil
    }
}
