import EventLoop
import LogLine
import Replication
import Views
import Web

/// One search under way: asks the index for matches until a page is full of those that the reader may read.
///
/// What the index says is only a hint: that a message is there, may be read and has this text now is judged
/// here, by the views, at the moment in which the page is made.
@LoopActor
final class Search {
    private let exchange: Exchange
    private let query: SearchQuery
    private let actor: ChatActor
    private let requests: ChatRequests
    private let index: any TextIndex
    private let source: HistorySource
    private var found: [Offset] = []
    /// Matches before this one have not been looked at.
    private var cursor: Offset
    private var rounds = 0
    /// How far the index was in the first round: newer lines were not looked at, however far it is now.
    private var through = Offset.zero

    init(
        _ exchange: Exchange, _ query: SearchQuery, by actor: ChatActor, _ requests: ChatRequests,
        _ index: any TextIndex
    ) {
        self.exchange = exchange
        self.query = query
        self.actor = actor
        self.requests = requests
        self.index = index
        source = requests.replica.source
        cursor = query.before
    }

    /// Answers the exchange, now or later.
    func run() {
        guard !query.words.isEmpty else { return answer(through: source.index.last, before: nil) }
        rounds += 1
        index.find(query.words, before: cursor, limit: SearchLimits.hitsPerRound) { [self] result in
            EventLoop.shared.execute { self.take(result) }
        }
    }

    private func take(_ result: Result<TextHits, TextIndexError>) {
        guard !exchange.isAbandoned else { return }
        exchange.answering { () throws(Problem) in
            guard source === requests.replica.source else {
                throw Problem(.notReady, "the log became another one meanwhile")
            }
            switch result {
            case .success(let hits): try take(hits)
            case .failure(let error): throw Problem(error)
            }
        }
    }

    private func take(_ hits: TextHits) throws(Problem) {
        let reader = try reader()
        if rounds == 1 { through = hits.through }
        for offset in hits.offsets {
            if isShown(offset, to: reader, through: hits.through) {
                guard found.count < query.limit else {
                    return answer(through: through, before: found.last)
                }
                found.append(offset)
            }
            cursor = offset
        }
        guard hits.offsets.count == SearchLimits.hitsPerRound, cursor >= source.index.first else {
            return answer(through: through, before: nil)
        }
        guard rounds < SearchLimits.roundsMax else {
            return answer(through: through, before: Self.position(cursor: cursor, last: found.last))
        }
        run()
    }

    /// Where the next page goes on, of a reader who was shown the matches up to `last`; the one at `cursor`
    /// may be one that they are not to know of. Somewhat before it, at an offset that says nothing of any
    /// message: in between there is nothing to be shown, so it is only looked at again.
    ///
    /// Invariant: a page that gives up has looked at more matches than the grid is wide, so that this is
    /// before where the page began.
    nonisolated static func position(cursor: Offset, last: Offset?) -> Offset {
        let grid = SearchLimits.positionGrid
        let rounded = Offset((cursor.value + grid - 1) / grid * grid)
        return min(last ?? rounded, rounded)
    }

    /// Who asks, judged again in each round: they may have been signed out, or left the channel.
    private func reader() throws(Problem) -> [UInt8]? {
        do throws(ChatRefusal) {
            let reader = try requests.chat.name(of: actor)
            if let channel = query.channel { try requests.chat.reading(actor, channel) }
            return reader
        } catch {
            throw Problem(error)
        }
    }

    /// Whether this is a message that the reader may read, and its text now is the one that the index knew.
    private func isShown(_ offset: Offset, to reader: [UInt8]?, through: Offset) -> Bool {
        if let amendment = source.amendments[offset] {
            guard !amendment.isDeleted, amendment.text == nil || amendment.lastOffset <= through else {
                return false
            }
        }
        // What memory has dropped is not shown.
        guard let line = try? source.history.slice(of: offset),
            let channel = ChatRequests.FoundLine(line).target?.channel
        else { return false }
        if let wanted = query.channel, wanted != channel { return false }
        return source.chat.mayRead(reader, channel)
    }

    private func answer(through: Offset, before: Offset?) {
        exchange.respond(
            Response(200, type: MediaType.json) { out in
                out.append("{\"messages\":[")
                for (place, offset) in found.enumerated() {
                    // Judged in this very turn: it is there.
                    guard let line = try? source.history.slice(of: offset) else { continue }
                    if place > 0 { out.append(",\n") }
                    source.amendments.append(
                        UnsafeRawBufferPointer(rebasing: line.pointer.dropLast()), to: out)
                }
                out.append("]")
                if let before { out.append(utf8: ",\"before\":\(before)") }
                if through < source.index.last { out.append(utf8: ",\"indexed_through\":\(through)") }
                out.append("}\n")
            })
    }
}

extension Problem {
    init(_ error: TextIndexError) {
        switch error {
        case .busy(let count): self.init(.overloaded, "\(count) searches are waiting already")
        case .failed(let reason): self.init(.overloaded, "this pod cannot search: \(reason)")
        }
    }
}
