/// A queue whose operations take constant time, on average.
struct FirstInFirstOut<Element> {
    private var elements = [Element?]()
    private var start = 0

    var count: Int { elements.count - start }
    var isEmpty: Bool { count == 0 }
    var first: Element? { isEmpty ? nil : elements[start] }
    var last: Element? { isEmpty ? nil : elements[elements.count - 1] }

    mutating func append(_ element: Element) { elements.append(element) }

    /// Precondition: not empty.
    mutating func removeFirst() {
        elements[start] = nil
        start += 1
        // Half of it is waste: move the rest.
        if start * 2 > elements.count {
            elements.removeFirst(start)
            start = 0
        }
    }

    /// Returns what was in it.
    @discardableResult
    mutating func removeAll() -> [Element] {
        defer { (elements, start) = ([], 0) }
        return elements[start...].compactMap { $0 }
    }
}
