/// First in, first out, and the last in can be taken back. Constant time on average; lets go of what is taken
/// out at once, and keeps its own memory.
public struct Queue<Element> {
    @usableFromInline var elements: ContiguousArray<Element?> = []
    /// What stands before it has been taken out.
    @usableFromInline var start = 0

    @inlinable public init() {}

    @inlinable public var count: Int { elements.count - start }
    @inlinable public var isEmpty: Bool { count == 0 }
    @inlinable public var first: Element? { isEmpty ? nil : elements[start] }
    @inlinable public var last: Element? { isEmpty ? nil : elements[elements.count - 1] }

    @inlinable
    public mutating func append(_ element: Element) { elements.append(element) }

    @inlinable @discardableResult
    public mutating func popFirst() -> Element? {
        guard !isEmpty else { return nil }
        let element = elements[start].take()
        start += 1
        compact()
        return element
    }

    @inlinable @discardableResult
    public mutating func popLast() -> Element? {
        guard !isEmpty else { return nil }
        let element = elements.removeLast()
        compact()
        return element
    }

    /// Returns what was in it.
    @inlinable @discardableResult
    public mutating func removeAll() -> [Element] {
        defer { self = Queue() }
        return elements[start...].compactMap { $0 }
    }

    @inlinable
    mutating func compact() {
        if start == elements.count {
            elements.removeAll(keepingCapacity: true)
            start = 0
        } else if start >= 1024, start * 2 >= elements.count {
            elements.removeFirst(start)
            start = 0
        }
    }
}

extension Queue: Sendable where Element: Sendable {}
