import EventLoop
import LogLine
import Replication
import Web

/// Reads of a pod's views that must not be behind a position: `?at_least=EPOCH:OFFSET[&timeout=5s]`.
extension ChatRequests {
    /// Runs `read` at once, or as soon as this pod has applied what the query asks for.
    func whenReached(
        _ exchange: Exchange, then read: @escaping @LoopActor () throws(Problem) -> Void
    ) throws(Problem) {
        guard let query = try PositionQuery(exchange.queryItems) else { return try read() }
        if let epoch = replica.source.epoch {
            try query.check(epoch)
            if replica.source.index.last >= query.position.offset { return try read() }
        }
        let isWaiting = waits.add(query.position.offset, timeout: query.timeout) { [self] outcome in
            exchange.answering { () throws(Problem) in
                guard !exchange.isAbandoned else { return }
                try check(outcome, of: query)
                try read()
            }
        }
        guard isWaiting else {
            throw Problem(.overloaded, "\(PodLimits.waitingReadsMax) reads wait for a position already")
        }
    }

    private func check(_ outcome: PositionWaits.Outcome, of query: PositionQuery) throws(Problem) {
        if let epoch = replica.source.epoch { try query.check(epoch) }
        switch outcome {
        case .reached: return
        case .timedOut:
            let own = replica.source.index.last
            throw Problem(
                .waitTimedOut,
                "this pod is at offset \(own), not at \(query.position.offset), after \(query.timeout)",
                field: "at_least")
        case .superseded:
            throw Problem(.epochConflict, "the log became another one meanwhile", field: "at_least")
        }
    }
}
