/// Hashes and checks passwords on threads of its own, so that no loop ever waits for one.
///
/// What is asked for waits in one queue, first come, first served, and each answer is handed to a closure on
/// the hasher's thread: what belongs to a loop has to be taken there by that closure. Every question that was
/// taken in is answered exactly once.
///
/// Failure modes: a full queue refuses at once (`.busy`); memory that cannot be had is `.outOfMemory`; what
/// still waits when the hasher is stopped is answered `.stopped`.
public final class PasswordHasher: Sendable {
    public typealias Answer<Value> = @Sendable (Result<Value, PasswordHasherError>) -> Void

    /// One core at most is taken from whatever else the machine does, and `PasswordCost.standard`'s memory
    /// once.
    public static let threadsDefault = 1
    public static let threadsMax = 8
    /// With the standard cost and one thread the last of so many waits for about two seconds.
    public static let waitingMax = 64

    private let cost: PasswordCost
    private let queue: HashingQueue

    /// - Parameters:
    ///   - cost: of new hashes.
    ///   - waitingMax: how many may wait beside the one that each thread works at.
    public init(
        threads: Int = threadsDefault, cost: PasswordCost = .standard, waitingMax: Int = waitingMax
    ) {
        precondition((1...Self.threadsMax).contains(threads) && waitingMax >= 1)
        self.cost = cost
        queue = HashingQueue(waitingMax: waitingMax)
        for _ in 0..<threads { queue.startThread() }
    }

    deinit { queue.close() }

    /// Hashes a new password.
    public func hash(
        _ password: Password, _ answer: @escaping Answer<PasswordHash>
    ) throws(PasswordHasherError) {
        let cost = cost
        try queue.add(
            HashingJob(
                run: {
                    answer(
                        Result { () throws(PasswordHashError) in try PasswordHash.make(password, cost: cost) }
                            .mapError(PasswordHasherError.init))
                },
                refuse: { answer(.failure(.stopped)) }))
    }

    /// Checks a password against an account's hash; nil: there is no such account. That takes as long, and is
    /// never right.
    public func check(
        _ password: Password, against hash: PasswordHash?, _ answer: @escaping Answer<PasswordVerdict>
    ) throws(PasswordHasherError) {
        try queue.add(
            HashingJob(
                run: {
                    answer(
                        Result { () throws(PasswordHashError) in try Self.verdict(password, against: hash) }
                            .mapError(PasswordHasherError.init))
                },
                refuse: { answer(.failure(.stopped)) }))
    }

    /// How many wait; for metrics.
    public var waiting: Int { queue.waiting }

    /// Takes in nothing more, answers what waits with `.stopped`, and returns when the threads have ended:
    /// after at most one hashing. Not for a loop that still serves.
    public func stop() {
        queue.close()
        queue.awaitEnd()
    }

    private static func verdict(
        _ password: Password, against hash: PasswordHash?
    ) throws(PasswordHashError) -> PasswordVerdict {
        guard let hash else {
            _ = try PasswordHash.decoy.isOf(password)
            return .wrong
        }
        return try hash.isOf(password) ? .right(needsRehash: hash.needsRehash) : .wrong
    }
}

/// What a check of a password came to.
public enum PasswordVerdict: Equatable, Sendable {
    /// When `needsRehash`, hash this password anew and keep that hash: the kept one has an outdated cost.
    case right(needsRehash: Bool)
    case wrong
}

/// Why a password was neither hashed nor checked.
public enum PasswordHasherError: Error, Equatable, Sendable {
    /// So many wait already: try again in a second or two.
    case busy(waiting: Int)
    /// There was no memory: try again.
    case outOfMemory(bytes: Int)
    /// The process is ending: try another pod.
    case stopped

    init(_ error: PasswordHashError) {
        switch error {
        case .outOfMemory(let bytes): self = .outOfMemory(bytes: bytes)
        }
    }
}
