import Testing

@testable import Operations

@Suite("Who is let in")
struct AdmissionTests {
    @Test("Twenty attempts of an address go through at once, whatever accounts they are for")
    func addressLimit() throws {
        var limiter = SignInLimiter()
        let address = try address("192.0.2.1")
        for number in 0..<20 {
            #expect(limiter.attempt(account: [UInt8(number)], from: address, now: .zero) == .allowed)
        }
        #expect(
            limiter.attempt(account: [99], from: address, now: .zero) == .refused(retryAfter: .seconds(3)))
        #expect(limiter.attempt(account: [99], from: try self.address("192.0.2.2"), now: .zero) == .allowed)
    }

    @Test("Ten attempts at an account go through at once, wherever they come from")
    func accountLimit() throws {
        var limiter = SignInLimiter()
        for number in 0..<10 {
            let address = try address("192.0.2.\(number)")
            #expect(limiter.attempt(account: [1], from: address, now: .zero) == .allowed)
        }
        let other = try address("198.51.100.1")
        #expect(limiter.attempt(account: [1], from: other, now: .zero) == .refused(retryAfter: .seconds(30)))
        #expect(limiter.attempt(account: [2], from: other, now: .zero) == .allowed)
    }

    @Test("An address that has used up its attempts cannot use up an account's")
    func addressFirst() throws {
        var limiter = SignInLimiter()
        let attacker = try address("192.0.2.1")
        for number in 0..<20 { _ = limiter.attempt(account: [UInt8(number)], from: attacker, now: .zero) }
        for _ in 0..<100 { #expect(limiter.attempt(account: [1], from: attacker, now: .zero) != .allowed) }
        let owner = try address("198.51.100.1")
        for _ in 0..<9 { #expect(limiter.attempt(account: [1], from: owner, now: .zero) == .allowed) }
    }

    @Test("Right passwords do not count")
    func success() throws {
        var limiter = SignInLimiter()
        let address = try address("192.0.2.1")
        for _ in 0..<100 {
            #expect(limiter.attempt(account: [1], from: address, now: .zero) == .allowed)
            limiter.succeeded(account: [1], from: address)
        }
    }

    @Test("The addresses of one IPv6 network count as one")
    func networks() throws {
        var limiter = SignInLimiter()
        for number in 0..<20 {
            let address = try address("2001:db8:0:1::\(number)")
            #expect(limiter.attempt(account: [UInt8(number)], from: address, now: .zero) == .allowed)
        }
        let same = try address("2001:db8:0:1:ffff::1")
        #expect(limiter.attempt(account: [99], from: same, now: .zero) != .allowed)
        #expect(limiter.attempt(account: [99], from: try address("2001:db8:0:2::1"), now: .zero) == .allowed)
    }

    @Test("Connections are counted in all and for each address, and leave room when they go")
    func connections() throws {
        var counts = ConnectionCounts(max: 3, perAddressMax: 2)
        let first = try address("192.0.2.1")
        let second = try address("192.0.2.2")
        #expect(counts.admit(first) == nil && counts.admit(first) == nil)
        #expect(counts.admit(first) == .address(max: 2))
        #expect(counts.admit(second) == nil)
        #expect(counts.admit(second) == .all(max: 3) && counts.count == 3)
        counts.release(first)
        #expect(counts.admit(first) == nil)
        counts.release(first)
        counts.release(first)
        counts.release(second)
        #expect(counts.count == 0)
        #expect(counts.admit(first) == nil && counts.admit(first) == nil && counts.admit(first) != nil)
    }

    @Test("Without a limit for each address there is only the one for all")
    func connectionsInAll() throws {
        var counts = ConnectionCounts(max: 5, perAddressMax: nil)
        let address = try address("192.0.2.1")
        for _ in 0..<5 { #expect(counts.admit(address) == nil) }
        #expect(counts.admit(address) == .all(max: 5))
        counts.release(address)
        #expect(counts.admit(address) == nil)
    }

    @Test("A proxy's connections are counted in all alone, its clients' streams to the clients")
    func proxiedConnections() throws {
        var counts = ConnectionCounts(max: 4, perAddressMax: 1)
        let client = try address("2001:db8:0:1::1")
        for _ in 0..<4 { #expect(counts.admit(nil) == nil) }
        #expect(counts.admit(nil) == .all(max: 4))
        #expect(counts.admit(client: client) == nil)
        #expect(counts.admit(client: try address("2001:db8:0:1::2")) == .address(max: 1))
        #expect(counts.admit(client: try address("2001:db8:0:2::1")) == nil)
        counts.release(client: client)
        #expect(counts.admit(client: client) == nil && counts.count == 4)
        counts.release(nil)
        #expect(counts.admit(client) == .address(max: 1) && counts.count == 3)
    }

    @Test("Writes are limited for each account, and for each address of those without one")
    func writers() throws {
        var limiter = MessageLimiter(.perSecond(2))
        let address = try address("2001:db8:0:1::1")
        let writers: [MessageLimiter.Writer] = [.account([1]), .account([2]), .client(address)]
        for writer in writers {
            for _ in 0..<2 { #expect(limiter.take(writer, now: .zero) == .allowed) }
            #expect(limiter.take(writer, now: .zero) == .refused(retryAfter: .milliseconds(500)))
            #expect(limiter.take(writer, now: .milliseconds(500)) == .allowed)
        }
        let neighbour = MessageLimiter.Writer.client(try self.address("2001:db8:0:1::2"))
        #expect(limiter.take(neighbour, now: .milliseconds(500)) != .allowed)
    }

    @Test("A connection has a limit of its own, and shares its account's with the account's others")
    func connectionsOfWriters() {
        var limiter = MessageLimiter(.perSecond(2))
        var (first, second, stranger) = (RateBucket(), RateBucket(), RateBucket())
        #expect(limiter.take(connection: &first, .account([1]), now: .zero) == .allowed)
        #expect(limiter.take(connection: &second, .account([1]), now: .zero) == .allowed)
        let refused = RateDecision.refused(retryAfter: .milliseconds(500))
        #expect(limiter.take(connection: &second, .account([1]), now: .zero) == refused)
        for _ in 0..<2 { #expect(limiter.take(connection: &stranger, nil, now: .zero) == .allowed) }
        #expect(limiter.take(connection: &stranger, nil, now: .zero) == refused)
    }

    @Test("Without a rate everybody writes as often as they like")
    func noRate() {
        var limiter = MessageLimiter(nil)
        var connection = RateBucket()
        for _ in 0..<1000 {
            #expect(limiter.take(.account([1]), now: .zero) == .allowed)
            #expect(limiter.take(connection: &connection, .account([1]), now: .zero) == .allowed)
        }
    }

    private func address(_ text: String) throws -> IPAddress { try #require(IPAddress(text)) }
}
