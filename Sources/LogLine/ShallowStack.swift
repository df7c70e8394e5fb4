/// A stack that allocates nothing for its lowest element: nearly all JSON that is read is one flat object,
/// and much of it has one key.
struct ShallowStack<Element> {
    private var lowest: Element?
    private var others: [Element] = []

    var count: Int { lowest == nil ? 0 : others.count + 1 }
    var isEmpty: Bool { lowest == nil }
    @inline(__always) var last: Element? { others.isEmpty ? lowest : others[others.count - 1] }

    /// Precondition: there are more than `index`.
    subscript(index: Int) -> Element {
        guard index == 0, let lowest else { return others[index - 1] }
        return lowest
    }

    @inline(__always)
    mutating func append(_ element: Element) {
        if lowest == nil { lowest = element } else { others.append(element) }
    }

    /// Precondition: it is not empty.
    @inline(__always)
    mutating func replaceLast(with element: Element) {
        if others.isEmpty { lowest = element } else { others[others.count - 1] = element }
    }

    /// Leaves the lowest `count`. Precondition: there are as many.
    @inline(__always)
    mutating func cut(to count: Int) {
        if count == 0 {
            lowest = nil
            if !others.isEmpty { others.removeAll(keepingCapacity: true) }
        } else if others.count >= count {
            others.removeLast(others.count - (count - 1))
        }
    }

    mutating func reserveCapacity(_ count: Int) { others.reserveCapacity(count) }
}
