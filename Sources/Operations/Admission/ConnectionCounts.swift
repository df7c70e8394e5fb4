/// Which connections are let in: so many in all, and so many of one address (of one network with IPv6).
///
/// A proxy's connections are counted in all alone; what one of them carries for a client can be counted to
/// that client besides. Memory is bounded by the number of connections.
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

    /// Whether addresses make a difference.
    public var countsAddresses: Bool { perAddressMax != nil }

    /// Counts a connection in; nil: it may stay. One that is refused is not counted.
    ///
    /// - Parameter address: nil: a proxy's, of which there may be as many as in all.
    public mutating func admit(_ address: IPAddress?) -> Refusal? {
        guard count < max else { return .all(max: max) }
        if let address, let refusal = admit(client: address) { return refusal }
        count += 1
        return nil
    }

    /// One that was let in has gone. With the address that it was let in by.
    public mutating func release(_ address: IPAddress?) {
        precondition(count > 0, "a connection that was not let in")
        count -= 1
        if let address { release(client: address) }
    }

    /// Counts a connection that is in already to the client behind it.
    public mutating func admit(client: IPAddress) -> Refusal? {
        guard let perAddressMax else { return nil }
        let open = perAddress[client.subscriber, default: 0]
        guard open < perAddressMax else { return .address(max: perAddressMax) }
        perAddress[client.subscriber] = open + 1
        return nil
    }

    public mutating func release(client: IPAddress) {
        guard perAddressMax != nil, let open = perAddress[client.subscriber] else { return }
        perAddress[client.subscriber] = open > 1 ? open - 1 : nil
    }
}
