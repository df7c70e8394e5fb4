/// The keys of all objects that are open while JSON is read, outermost first: finds duplicates.
///
/// Invariant: two objects that are open at once have different `keysStart`, since the inner one is the value
/// of one of the outer one's keys.
struct JSONKeys {
    /// Up to here a key is compared with each key before it; behind it stands a set, so that many keys cost
    /// no more than linear time (its hashes are seeded per process).
    private static let comparedMax = 16

    private let source: UnsafeRawBufferPointer
    private var keys = ShallowStack<JSONStringSpan>()
    /// Of each object with more than `comparedMax` keys, by its `keysStart`.
    private var sets: [Int: Set<[UInt8]>] = [:]

    init(_ source: UnsafeRawBufferPointer) { self.source = source }

    var count: Int { keys.count }

    /// Adds a key to the innermost object, whose keys begin at `keysStart`; false when it is there already.
    mutating func insert(_ key: JSONStringSpan, from keysStart: Int) -> Bool {
        if keys.count == 1 { keys.reserveCapacity(JSONKeys.comparedMax) }
        let isNew = isNew(key, from: keysStart)
        keys.append(key)
        return isNew
    }

    /// Forgets the innermost object's keys.
    mutating func close(from keysStart: Int) {
        if keys.count - keysStart > JSONKeys.comparedMax { sets[keysStart] = nil }
        keys.cut(to: keysStart)
    }

    /// Nil when there is no key.
    func withLast<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result? {
        keys.last.map { withBytes(of: $0, body) }
    }

    private mutating func isNew(_ key: JSONStringSpan, from keysStart: Int) -> Bool {
        guard keys.count - keysStart >= JSONKeys.comparedMax else {
            for index in keysStart..<keys.count where isEqual(keys[index], key) { return false }
            return true
        }
        if sets[keysStart] == nil { sets[keysStart] = set(from: keysStart) }
        let bytes = array(of: key)
        return sets[keysStart]?.insert(bytes).inserted ?? true
    }

    private func set(from keysStart: Int) -> Set<[UInt8]> {
        Set((keysStart..<keys.count).map { array(of: keys[$0]) })
    }

    private func array(of key: JSONStringSpan) -> [UInt8] { withBytes(of: key) { Array($0) } }

    private func isEqual(_ left: JSONStringSpan, _ right: JSONStringSpan) -> Bool {
        guard left.hasEscapes || right.hasEscapes else {
            return Memory.equal(
                UnsafeRawBufferPointer(rebasing: source[left.content]),
                UnsafeRawBufferPointer(rebasing: source[right.content]))
        }
        return array(of: left) == array(of: right)
    }

    private func withBytes<Result>(
        of key: JSONStringSpan, _ body: (UnsafeRawBufferPointer) -> Result
    ) -> Result {
        let content = UnsafeRawBufferPointer(rebasing: source[key.content])
        return key.hasEscapes ? JSONString.unescape(content).withUnsafeBytes(body) : body(content)
    }
}
