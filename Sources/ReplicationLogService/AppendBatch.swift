import LogLine
import Replication
import Views

/// A body of `/append`: one draft a line. What cannot be read has its refusal; the others are one batch.
struct AppendBatch {
    let drafts: [Draft]
    /// For each line in order: nil when it is the next one of `drafts`.
    private let refusals: [Problem?]

    /// `allowsHidden`: drafts for reserved and private channels are taken; without, of these only those for
    /// keys and counters, which hold no secrets.
    init(_ body: ByteSlice, allowsHidden: Bool) throws(Problem) {
        let lines = body.pointer.split(
            separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let count = lines.last?.isEmpty == true ? lines.count - 1 : lines.count
        guard count > 0 else { throw Problem(.malformed, "the body holds no draft; one a line is wanted") }
        guard count <= LogLimits.appendDraftsMax else {
            throw Problem(
                .tooLarge, "the body holds \(count) drafts; the limit is \(LogLimits.appendDraftsMax)")
        }
        var drafts = [Draft]()
        var refusals = [Problem?]()
        drafts.reserveCapacity(count)
        refusals.reserveCapacity(count)
        for line in lines.prefix(count) {
            do throws(InvalidField) {
                let draft = try Draft.decode(append: UnsafeRawBufferPointer(rebasing: line))
                guard allowsHidden || draft.channel.isPublic || draft.channel == KeyValueVocabulary.channel
                else {
                    refusals.append(AppendBatch.hidden)
                    continue
                }
                drafts.append(draft)
                refusals.append(nil)
            } catch {
                refusals.append(Problem(error))
            }
        }
        self.drafts = drafts
        self.refusals = refusals
    }

    private static let hidden = Problem(
        .notFound, "channels that begin with '$' (but '$kv') or '@' need a CLUSTER_SECRET", field: "channel")

    /// One result a line, in the order of the body. Precondition: one of `results` for each of `drafts`.
    func encode(_ results: [AppendResult], into buffer: ByteBuffer) {
        var rest = results[...]
        for refusal in refusals {
            if let refusal {
                AppendResult.refused(refusal).encode(into: buffer)
            } else if let result = rest.popFirst() {
                result.encode(into: buffer)
            }
        }
    }
}
