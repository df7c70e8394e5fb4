import LogLine

/// A key and its value.
public struct KeyValue: Equatable, Sendable {
    public let name: [UInt8]
    /// Compact JSON.
    public let value: [UInt8]
    /// Of the newest line with the key.
    public let offset: Offset
    /// When the value was written.
    public let time: Timestamp
}

/// What a counter stands at.
public struct CounterSum: Equatable, Sendable {
    public let sum: Int64
    /// Of its newest addition; zero: there was none.
    public let offset: Offset
}

/// All keys with their values, and all counters: a pure fold over the log. Two that were given the same
/// lines are the same.
///
/// Every line is given to `apply` once, in the order of its offsets; a message without key costs a look at
/// two bytes. A line of a kind of these that makes no sense is counted and changes no value.
///
/// Memory: for a key about 85 bytes beside its name and value (32 for its row, what is free in its chunk, an
/// array's header and the allocator's rounding; docs/key-value.md has the measurement). A deleted key
/// keeps its name and its newest offset, for as long as the log does: whoever makes it again must name it.
///
/// One owner; no locking.
public final class KeyValues {
    private var keys = NamedRows<KeyRow>()
    private var counters = NamedRows<CounterRow>()
    /// What the counter stood at.
    private var sums = RecentOutcomes<Int64>()
    /// Whether the line gave its key a value that had none.
    private var creations = RecentOutcomes<Bool>()
    private var contentBytes = 0
    /// Keys that have a value.
    public private(set) var count = 0
    /// Lines of these kinds that made no sense.
    public private(set) var skippedLines = 0

    public init() {}

    public var counterCount: Int { counters.count }
    /// Names and values, the tables, the newest sums.
    public var memoryBytes: Int {
        let arrays = (keys.count + counters.count) * ArrayMemory.headerBytes
        return contentBytes + arrays + keys.tableBytes + counters.tableBytes + sums.bytes
            + creations.bytes
    }

    // MARK: Lines

    /// Takes in the log's next line (without its newline), of which `scan` was made.
    public func apply(_ bytes: UnsafeRawBufferPointer, _ scan: LineScan) {
        if scan.isMessage, !scan.beginsWithKey(in: bytes) { return }
        switch KeyValueLine(bytes, scan) {
        case .key(let name, let change): apply(change, to: name, scan)
        case .addition(let name, let amount): add(amount, to: name, scan.offset)
        case .malformed: skippedLines += 1
        case nil: return
        }
    }

    private func apply(_ change: KeyChange?, to name: KeyValueName, _ scan: LineScan) {
        keys.update(name.bytes, orAdd: { KeyRow(name.bytes) }) { row in
            contentBytes -= row.offset == .zero ? 0 : row.content.count
            let hadValue = row.hasValue
            count -= hadValue ? 1 : 0
            row.offset = scan.offset
            switch change {
            case .value(let value): row.set(name.bytes, value, scan.time)
            case .deletion: row.clear(name.bytes)
            case .malformed: skippedLines += 1
            case nil: break
            }
            count += row.hasValue ? 1 : 0
            contentBytes += row.content.count
            creations.add(scan.offset, row.hasValue && !hadValue)
        }
    }

    private func add(_ amount: Int64, to name: KeyValueName, _ offset: Offset) {
        counters.update(name.bytes, orAdd: { CounterRow(content: name.bytes) }) { row in
            if row.offset == .zero { contentBytes += row.content.count }
            row.offset = offset
            row.sum = min(max(row.sum + amount, -KeyValueLimits.sumMax), KeyValueLimits.sumMax)
            sums.add(offset, row.sum)
        }
    }

    // MARK: Reading

    /// Nil when it has no value.
    public subscript(name: KeyValueName) -> KeyValue? { keys[name.bytes]?.keyValue }

    /// Of the newest line with that key; zero when there is none. A deleted key has one.
    public func newestOffset(of name: KeyValueName) -> Offset { keys[name.bytes]?.offset ?? .zero }

    public func counter(_ name: KeyValueName) -> CounterSum {
        guard let row = counters[name.bytes] else { return CounterSum(sum: 0, offset: .zero) }
        return CounterSum(sum: row.sum, offset: row.offset)
    }

    /// What the counter stood at right after the addition at `offset`; nil when that is too long ago.
    public func sum(after offset: Offset) -> Int64? { sums.outcome(of: offset) }

    /// Whether the line at `offset` gave a key a value that had none; nil when that is too long ago.
    public func isCreation(at offset: Offset) -> Bool? { creations.outcome(of: offset) }

    /// Some keys in the order of their bytes.
    public struct Page {
        public internal(set) var items: [KeyValue] = []
        /// The name behind which there may be more; nil: these were all.
        public internal(set) var next: [UInt8]?
    }

    /// The first keys that begin with `prefix` and stand behind `after`: at most `limit`, at most as many as
    /// it takes to reach 1 MiB of values, and fewer where many deleted ones stand among them.
    public func page(prefix: [UInt8], after: [UInt8]?, limit: Int) -> Page {
        var page = Page()
        var valueBytes = 0
        var seen = 0
        var last: [UInt8]?
        keys.forEach(from: KeyValues.start(prefix, after)) { row in
            guard row.withName({ $0.starts(with: prefix) }) else { return false }
            if let after, row.withName({ $0.elementsEqual(after) }) { return true }
            guard page.items.count < limit, valueBytes < KeyValueLimits.pageBytesMax,
                seen < KeyValueLimits.pageRowsMax
            else {
                page.next = last
                return false
            }
            seen += 1
            last = row.name
            guard let item = row.keyValue else { return true }
            valueBytes += item.value.count
            page.items.append(item)
            return true
        }
        return page
    }

    /// The later one of the two.
    private static func start(_ prefix: [UInt8], _ after: [UInt8]?) -> [UInt8] {
        guard let after else { return prefix }
        return prefix.lexicographicallyPrecedes(after) ? after : prefix
    }
}

/// A key's name and value in one array.
private struct KeyRow: NamedRow {
    private(set) var content: [UInt8]
    var offset = Offset.zero
    private(set) var time = Timestamp.earliest
    private let nameCount: UInt8
    private(set) var hasValue = false

    init(_ name: [UInt8]) {
        content = name
        nameCount = UInt8(name.count)
    }

    var nameBytes: Int { Int(nameCount) }

    var keyValue: KeyValue? {
        guard hasValue else { return nil }
        return KeyValue(name: name, value: Array(content[nameBytes...]), offset: offset, time: time)
    }

    var name: [UInt8] { Array(content[..<nameBytes]) }

    mutating func set(_ name: [UInt8], _ value: [UInt8], _ time: Timestamp) {
        content = name + value
        self.time = time
        hasValue = true
    }

    mutating func clear(_ name: [UInt8]) {
        content = name
        hasValue = false
    }
}

private struct CounterRow: NamedRow {
    let content: [UInt8]
    var sum: Int64 = 0
    var offset = Offset.zero
    var nameBytes: Int { content.count }
}
