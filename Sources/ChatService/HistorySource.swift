import EventLoop
import LogLine
import LogServing
import Replication
import Views
import Web

/// Serves lines from a pod's memory, beside the state that they made.
@LoopActor
final class HistorySource: LineSource {
    let history: History
    let chat: ChatState
    let keyValues = KeyValues()
    /// What lines have told the cluster to do.
    private(set) var settings = ClusterSettings()
    /// Lines that came without the text that was erased from them.
    private(set) var redactedCount = 0
    /// Whose history it is; nil until the log has told.
    var epoch: Epoch?

    init(_ history: History, _ chat: ChatState, epoch: Epoch? = nil) {
        self.history = history
        self.chat = chat
        self.epoch = epoch
    }

    var index: LogIndex { history.index }
    var amendments: Amendments { chat.amendments }

    /// Takes in the log's next line, with its newline.
    func append(_ line: UnsafeRawBufferPointer, scan: LineScan) {
        history.append(line, scan: scan)
        let bytes = UnsafeRawBufferPointer(rebasing: line.dropLast())
        chat.apply(bytes, scan)
        keyValues.apply(bytes, scan)
        if !scan.isMessage { settings.apply(bytes, scan) }
        if scan.isRedacted { redactedCount += 1 }
    }

    /// Precondition: the epoch is known.
    var identity: LogIdentity {
        guard let epoch else { preconditionFailure("nothing is served before the epoch is known") }
        return LogIdentity(epoch: epoch, offset: index.last, digest: index.digest)
    }

    func send(
        _ positions: Range<UInt64>, to writer: BodyWriter,
        _ completion: @escaping @LoopActor @Sendable (Result<UInt64, LogError>) -> Void
    ) {
        let bytes = min(positions.count, ServingLimits.sharedBytes)
        completion(
            slices { () throws(Trimmed) in try history.slices(from: positions.lowerBound, bytesMax: bytes) }
                .map { slices in
                    for slice in slices { writer.write(slice) }
                    return positions.lowerBound + UInt64(slices.reduce(0) { $0 + $1.count })
                })
    }

    func read(
        _ runs: [LineRun],
        _ completion: @escaping @LoopActor @Sendable (Result<[ByteSlice], LogError>) -> Void
    ) {
        completion(
            slices { () throws(Trimmed) in
                var found = [ByteSlice]()
                for run in runs { found += try history.slices(of: run.positions) }
                return found
            })
    }

    func digest(
        at offset: Offset, _ completion: @escaping @LoopActor @Sendable (Result<Digest, LogError>) -> Void
    ) {
        do throws(Trimmed) {
            completion(.success(try history.digest(at: offset)))
        } catch {
            completion(.failure(HistorySource.trimmed(error)))
        }
    }

    private func slices(_ read: () throws(Trimmed) -> [ByteSlice]) -> Result<[ByteSlice], LogError> {
        do throws(Trimmed) { return .success(try read()) } catch {
            return .failure(HistorySource.trimmed(error))
        }
    }

    private static func trimmed(_ error: Trimmed) -> LogError {
        LogError(.ioError, "this pod's memory begins at offset \(error.first) now")
    }
}
