/// First in, first out, and the last in can be taken back. Constant time on average; keeps its memory.
struct Queue<Element: Sendable>: Sendable {
    private var elements: ContiguousArray<Element> = []
    /// What stands before it has been taken out.
    private var start = 0

    var count: Int { elements.count - start }
    var isEmpty: Bool { count == 0 }

    mutating func append(_ element: Element) { elements.append(element) }

    mutating func popFirst() -> Element? {
        guard !isEmpty else { return nil }
        let element = elements[start]
        start += 1
        compact()
        return element
    }

    mutating func popLast() -> Element? {
        guard !isEmpty else { return nil }
        let element = elements.removeLast()
        compact()
        return element
    }

    private mutating func compact() {
        if start == elements.count {
            elements.removeAll(keepingCapacity: true)
            start = 0
        } else if start >= 1024, start * 2 >= elements.count {
            elements.removeFirst(start)
            start = 0
        }
    }
}
