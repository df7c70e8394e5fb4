import LogLine

/// What the shell around a `Follower` is to do, in this order.
public enum FollowerAction: Sendable {
    /// Subscribe to the cluster's topics and keep the subscription alive.
    case subscribe
    /// Ask our log for lines. At most one request is under way.
    case open(LogRequest)
    /// Break the request off; whatever still comes of it is ignored.
    case close(Int)
    /// Apply the batch's lines from this index on.
    case apply(LineBatch, from: Int)
    /// Give up everything applied: our log has confirmed that it is not its history (then it is kept aside as
    /// superseded), or that it can give it again because it is damaged here.
    case discard(DiscardReason)
    /// Everything that was durable at the start has been applied.
    case becomeReady
    /// Where lines come from has changed.
    case useSource(FollowerSource)
}

/// `GET /log` or `GET /log/tail?heartbeat=1` of our log.
public struct LogRequest: Sendable, Equatable {
    public enum Mode: Sendable, Equatable {
        /// What is durable now: /log
        case range
        /// And what becomes durable later: /log/tail
        case live
    }

    /// What we claim our history to be at `after`: our log refuses when its own differs.
    public struct Proof: Sendable, Equatable {
        public let epoch: Epoch
        public let digest: Digest

        public init(epoch: Epoch, digest: Digest) {
            self.epoch = epoch
            self.digest = digest
        }
    }

    /// Names the request in events; never used twice.
    public let number: Int
    public let mode: Mode
    public let after: Offset
    /// Nil when we remember nothing.
    public let proof: Proof?
    /// Something suggested that our history is not our log's: only our log itself may answer.
    public let settlesDoubt: Bool

    public init(number: Int, mode: Mode, after: Offset, proof: Proof?, settlesDoubt: Bool = false) {
        self.number = number
        self.mode = mode
        self.after = after
        self.proof = proof
        self.settlesDoubt = settlesDoubt
    }
}

/// Where a pod's lines come from.
public enum FollowerSource: String, CaseIterable, Sendable {
    case bootstrap
    case redis
    case tail
}

/// Why a pod gave up its state.
public enum DiscardReason: Sendable, Equatable, CustomStringConvertible {
    case epochChanged(from: Epoch, to: Epoch)
    case logBehind(applied: Offset, head: Offset)
    case historyDiffers(at: Offset)
    case memoryDamaged(at: Offset)
    case textsErased

    /// Whether what is given up is a history that somebody may want back.
    public var leavesHistory: Bool {
        switch self {
        case .epochChanged, .logBehind, .historyDiffers: true
        case .memoryDamaged, .textsErased: false
        }
    }

    public var description: String {
        switch self {
        case .epochChanged(let old, let new): "the log's epoch changed from \(old) to \(new)"
        case .logBehind(let applied, let head):
            "the log's head \(head) is behind what was applied, \(applied)"
        case .historyDiffers(let offset): "the log's history at offset \(offset) is another one"
        case .memoryDamaged(let offset): "the line of offset \(offset) is damaged in this pod's memory"
        case .textsErased: "the log has erased texts that this pod still has"
        }
    }
}
