/// Which connections are let in: so many in all, and so many of one address (of one network with IPv6).
///
/// Memory is bounded by the number of connections.
public struct ConnectionCounts: Sendable {
    public enum Refusal: Equatable, Sendable {
        case all(max: Int)
        case address(max: Int)
    }

    public private(set) var count = 0
    private let max: Int
    /// Nil: as many as in all.
    private let perAddressMax: Int?
    private var perAddress: [IPAddress: Int] = [:]

    public init(max: Int, perAddressMax: Int?) {
        self.max = max
        self.perAddressMax = perAddressMax
    }

    /// Counts a connection in; nil: it may stay. One that is refused is not counted.
    public mutating func admit(_ address: IPAddress) -> Refusal? {
        guard count < max else { return .all(max: max) }
        if let perAddressMax {
            let open = perAddress[address.subscriber, default: 0]
            guard open < perAddressMax else { return .address(max: perAddressMax) }
            perAddress[address.subscriber] = open + 1
        }
        count += 1
        return nil
    }

    /// One that was let in has gone. With the address that it was let in by.
    public mutating func release(_ address: IPAddress) {
        precondition(count > 0, "a connection that was not let in")
        count -= 1
        guard perAddressMax != nil, let open = perAddress[address.subscriber] else { return }
        perAddress[address.subscriber] = open > 1 ? open - 1 : nil
    }
}
