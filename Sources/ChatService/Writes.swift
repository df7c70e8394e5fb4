import EventLoop
import LogLine
import Replication

/// The way of a client's write to the log, whatever it came in by.
@LoopActor
final class Writes {
    private let replica: Replica
    private let upstream: any LogUpstream
    private var ids: WriteIDs

    init(replica: Replica, upstream: any LogUpstream, incarnation: UInt64) {
        self.replica = replica
        self.upstream = upstream
        ids = WriteIDs(incarnation: incarnation)
    }

    /// A message for a public channel.
    func post(_ draft: Draft, _ completion: @escaping @LoopActor (AppendResult) -> Void) {
        do throws(Problem) { try Writes.refusePrivate(draft.channel, field: "channel") } catch {
            return completion(.refused(error))
        }
        var draft = draft
        if draft.id == nil { draft.id = ids.next() }
        upstream.append(draft) { [replica] result in
            if let position = result.position { replica.acknowledged(position) }
            completion(result)
        }
    }

    /// Channels that are not public are not there.
    static func refusePrivate(_ channel: Channel, field: String) throws(Problem) {
        guard !channel.isPublic else { return }
        throw Problem(.notFound, "channels that begin with '$' or '@' are not public", field: field)
    }
}
