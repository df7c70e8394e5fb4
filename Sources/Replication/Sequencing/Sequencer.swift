import LogLine

/// The heart of the log: puts drafts in order and remembers what it takes to judge the next one.
///
/// Happy path: `admit` gives a draft the next offset and writes its line into the caller's buffer; the store
/// makes the buffer durable; `commit` says so.
///
/// Failure: when a write fails, `rewind` takes back everything that is not durable, as if it had never been
/// admitted: offset, time, digest, ids and keys; and begins a new term, so that the store can tell batches
/// from before.
///
/// Recovery: `restore` once for each line that is found on disk, in order.
///
/// Isolation: a value with one owner, the loop. Copying it copies its indexes.
public struct Sequencer: Sendable {
    public let epoch: Epoch
    /// The offset given last.
    public private(set) var head: Offset
    /// The last one that is durable.
    public private(set) var durable: Offset
    /// Of everything up to `head`.
    public private(set) var digest: Digest
    /// Of everything up to `durable`: the only one to be told.
    public private(set) var durableDigest: Digest
    /// Counts rewinds: what `LogStore.append` wants to know.
    public private(set) var term: UInt64 = 0
    /// Of the line that was assigned last, by which it need not be read again.
    public private(set) var newestScan: LineScan?
    /// Bytes of the lines that are not durable.
    public private(set) var pendingBytes = 0

    private let limits: SequencerLimits
    private let names: LineNames
    private var time: Timestamp
    private var durableTime: Timestamp
    private var ids: IDIndex
    private var keys = KeyIndex()
    /// One for each line from `durable` to `head`.
    private var pending = Queue<Pending>()
    /// How many of them carry an id.
    private var pendingIDs = 0

    /// What it takes to commit or to undo a line.
    private struct Pending: Sendable {
        let time: Timestamp
        let digest: Digest
        let bytes: Int
        let hasID: Bool
        let key: KeyIndex.Undo?
    }

    /// The sequencer of an empty log. `seed`: random, made by the process at its start.
    public init(epoch: Epoch, seed: FingerprintKey, limits: SequencerLimits = SequencerLimits()) {
        self.epoch = epoch
        self.limits = limits
        names = LineNames(key: seed)
        head = .zero
        durable = .zero
        digest = .zero
        durableDigest = .zero
        time = .earliest
        durableTime = .earliest
        ids = IDIndex(entriesMax: limits.idEntriesMax, pendingMax: limits.pendingLinesMax)
    }

    public var pendingLines: Int { pending.count }
    public var idCount: Int { ids.count }
    public var keyCount: Int { keys.count }
    /// What the id and key indexes hold in memory.
    public var indexBytes: Int { ids.bytes + keys.bytes }
}

// MARK: - Drafts

extension Sequencer {
    /// Judges a draft and, when it is a new line, gives it the next offset and appends the line to `lines`.
    ///
    /// The order matters: a repeated id is answered with the first one's result before anything is expected
    /// of keys, for the retry of a conditional append that succeeded must not fail over its own line.
    public mutating func admit(_ draft: Draft, now: Timestamp, into lines: ByteBuffer) -> Admission {
        let identity = draft.id.map { id in
            (
                name: names.id(id.bytes, channel: draft.channel.bytes, author: draft.author?.bytes),
                body: names.body(draft)
            )
        }
        if let identity, let first = ids.find(identity.name) {
            guard first.isRepeated(by: identity.body) else {
                return .refused(.idConflict(first: first.offset))
            }
            return .repeated(offset: first.offset, time: first.time)
        }
        if let refusal = refusal(of: draft) { return .refused(refusal) }
        return assign(draft, identity, at: max(now, time), into: lines)
    }

    private mutating func assign(
        _ draft: Draft, _ identity: (name: Fingerprint, body: UInt64)?, at time: Timestamp,
        into lines: ByteBuffer
    ) -> Admission {
        let start = lines.count
        let offset = head.next
        let scan = Line.write(draft, offset: offset, time: time, into: lines)
        newestScan = scan
        let undo = draft.key.map { keys.set(names.key($0.bytes), to: offset) }
        if let identity {
            ids.add(IDEntry(name: identity.name, body: identity.body, offset: offset, time: time))
            pendingIDs += 1
        }
        head = offset
        self.time = time
        digest = digest.adding(crc: scan.crc)
        let bytes = lines.count - start
        pendingBytes += bytes
        pending.append(
            Pending(time: time, digest: digest, bytes: bytes, hasID: identity != nil, key: undo))
        return .assigned(offset: offset, time: time)
    }

    private func refusal(of draft: Draft) -> Refusal? {
        if !draft.expectations.isEmpty {
            let unmet = unmet(draft.expectations)
            if !unmet.isEmpty { return .expectationsUnmet(unmet) }
        }
        guard pending.count < limits.pendingLinesMax, pendingBytes < limits.pendingBytesMax else {
            return .overloaded(lines: pending.count, bytes: pendingBytes)
        }
        return nil
    }

    /// The current offsets of the keys that are not where they are expected.
    private func unmet(_ expectations: [Draft.Expectation]) -> [Draft.Expectation] {
        expectations.compactMap { expected in
            let current = keys.last(names.key(expected.key.bytes))
            return current == expected.offset ? nil : Draft.Expectation(key: expected.key, offset: current)
        }
    }
}

// MARK: - Durability

extension Sequencer {
    /// Everything up to `through` is durable. Precondition: it was assigned and not rewound.
    public mutating func commit(through: Offset) {
        precondition(through <= head)
        while durable < through, let line = pending.popFirst() {
            durable = durable.next
            durableTime = line.time
            durableDigest = line.digest
            pendingBytes -= line.bytes
            if line.hasID { pendingIDs -= 1 }
        }
        ids.trim(pending: pendingIDs)
    }

    /// Takes back everything that is not durable and begins a new term. Returns the offsets taken back (the
    /// upper bound is not one of them): what rests on one of them has failed.
    public mutating func rewind() -> Range<Offset> {
        let undone = durable.next..<head.next
        while let line = pending.popLast() {
            if let key = line.key { keys.undo(key) }
            if line.hasID { ids.undoLast() }
        }
        head = durable
        time = durableTime
        digest = durableDigest
        pendingBytes = 0
        pendingIDs = 0
        term += 1
        return undone
    }
}

// MARK: - Recovery

extension Sequencer {
    /// Takes in the next line of the log as it was found on disk (`bytes` without its newline).
    ///
    /// Precondition: `scan` is of these bytes, its offset is the next one, and nothing is pending.
    /// `.malformed` when the fields behind the channel are none; nothing is taken in then.
    public mutating func restore(_ scan: LineScan, _ bytes: UnsafeRawBufferPointer) throws(LineError) {
        precondition(pending.isEmpty && scan.offset == head.next)
        let fields = try Line.fields(of: bytes, scan)
        if let key = names.key(fields, in: bytes) { _ = keys.set(key, to: scan.offset) }
        if let name = names.id(fields, scan, in: bytes), ids.find(name) == nil {
            let body = scan.isRedacted ? IDEntry.erasedBody : names.body(fields, in: bytes)
            ids.add(IDEntry(name: name, body: body, offset: scan.offset, time: scan.time))
            ids.trim(pending: 0)
        }
        head = scan.offset
        durable = head
        time = max(time, scan.time)
        durableTime = time
        digest = digest.adding(crc: scan.crc)
        durableDigest = digest
    }
}
