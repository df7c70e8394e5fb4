import LogLine

/// What happens to a pod, as far as its replication is concerned.
public enum FollowerEvent: Sendable {
    /// The first event of all.
    case start
    /// Redis confirmed the subscription: from now on what is published arrives.
    case busSubscribed
    /// The connection to Redis is gone, or could not be made.
    case busLost
    /// Lines that came over Redis, verified (and authenticated where there is a secret).
    case busLines(LineBatch)
    /// The log's word that came over Redis: a hint, whoever signed it.
    case busHeartbeat(LogIdentity)
    /// Our log answered a request with 200; `epoch` and `head` are its headers Log-Epoch and Log-Head.
    case streamStarted(Int, epoch: Epoch, head: Offset)
    /// A piece of the stream has been worked off with `take`, or a sign of life came.
    case streamProgress(Int)
    /// Our log's own word on its live tail.
    case streamHeartbeat(Int, LogIdentity)
    case streamEnded(Int, StreamEnd)
    /// Our log answered a write of ours: so far it is durable at least.
    case acknowledged(Position)
    /// Our log told how far it is, beside any stream: being ready takes as much.
    case headTold(Position)
    /// The line of that offset is not what was applied any more: memory has changed by itself.
    case memoryDamaged(Offset)
    /// Our log has erased texts that are still in memory.
    case textsErased
    /// The time of `nextDeadline` has come.
    case tick
}

/// How a request to our log ended.
public enum StreamEnd: Sendable, Equatable {
    /// With everything that was announced.
    case complete
    /// No connection, a refusal to serve, a timeout, a break in the middle, or bytes that are no lines.
    case broken
    /// Lines come from elsewhere now: ask again at once.
    case moved
    /// Our log said that what we remember is not its history.
    case conflict(LogConflict)
}

/// Why our log refused the position we resume from (409).
public enum LogConflict: Sendable, Equatable {
    /// It is another log now.
    case epoch(now: Epoch)
    /// Its head is behind our position.
    case beyondHead(Offset)
    /// Its digest at our position is another one.
    case digest
}
