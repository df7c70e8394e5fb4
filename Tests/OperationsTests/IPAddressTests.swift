import Testing

@testable import Operations

@Suite("Addresses of clients")
struct IPAddressTests {
    @Test(
        "An address is read and written in its canonical form",
        arguments: [
            ("192.0.2.1", "192.0.2.1"), ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"),
            ("::1", "::1"), ("::", "::"), ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"),
            ("::ffff:192.0.2.1", "192.0.2.1"), ("::ffff:c000:201", "192.0.2.1"), ("fe80::1%eth0", "fe80::1"),
        ])
    func addresses(text: String, canonical: String) throws {
        let address = try #require(IPAddress(text))
        #expect(address.description == canonical)
        #expect(IPAddress(canonical) == address)
        #expect(address.isVersionFour == canonical.utf8.allSatisfy { $0 != UInt8(ascii: ":") })
    }

    @Test(
        "Other texts are no addresses",
        arguments: [
            "", " ", "localhost", "192.0.2", "192.0.2.256", "192.0.02.1", "0x7f.1", "1", "192.0.2.1 ",
            "192.0.2.1:80", "[::1]", ":::", "::g", "1:2:3:4:5:6:7:8:9", "192.0.2.1%eth0", "192.0.2.1\0",
            "unknown",
        ])
    func refusal(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test("A subscriber has an IPv4 address, or a network of IPv6")
    func subscribers() throws {
        #expect(IPAddress("192.0.2.1")?.subscriber == IPAddress("192.0.2.1"))
        #expect(IPAddress("2001:db8:1:2:3:4:5:6")?.subscriber == IPAddress("2001:db8:1:2::"))
    }

    @Test(
        "A range holds the addresses with its prefix, and no others",
        arguments: [
            (
                "10.0.0.0/8", ["10.0.0.0", "10.255.255.255", "::ffff:10.1.2.3"],
                ["9.255.255.255", "11.0.0.0", "::a00:1"]
            ),
            ("192.0.2.1", ["192.0.2.1"], ["192.0.2.0", "192.0.2.2"]),
            ("192.0.2.1/32", ["192.0.2.1"], ["192.0.2.0"]),
            ("192.0.2.128/25", ["192.0.2.128", "192.0.2.255"], ["192.0.2.127", "192.0.3.128"]),
            ("0.0.0.0/0", ["0.0.0.0", "255.255.255.255"], ["::1", "2001:db8::1"]),
            ("2001:db8::/32", ["2001:db8::", "2001:db8:ffff::1"], ["2001:db9::", "192.0.2.1"]),
            ("2001:db8::/63", ["2001:db8:0:1:ffff::"], ["2001:db8:0:2::"]),
            ("2001:db8::/64", ["2001:db8::ffff:0:0:1"], ["2001:db8:0:1::"]),
            ("2001:db8::/65", ["2001:db8::7fff:0:0:1"], ["2001:db8::8000:0:0:0"]),
            ("::1", ["::1"], ["::", "::2"]),
            ("::/0", ["::1", "ffff::"], ["192.0.2.1"]),
            ("::ffff:192.0.2.1", ["192.0.2.1"], ["192.0.2.2"]),
        ])
    func ranges(text: String, inside: [String], outside: [String]) throws {
        let range = try #require(AddressRange(text))
        #expect(AddressRange(range.description) == range)
        for address in inside { #expect(range.contains(try #require(IPAddress(address))), "\(address)") }
        for address in outside { #expect(!range.contains(try #require(IPAddress(address))), "\(address)") }
    }

    @Test(
        "Other texts are no ranges, bits behind the prefix included",
        arguments: [
            "", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8/8", "10.1.2.3/8", "10.0.0.0/ 8",
            "::/129", "2001:db8::1/64", "::ffff:10.0.0.0/104", "10/8", "*", "10.0.0.0/255.0.0.0",
        ])
    func rangeRefusal(text: String) {
        #expect(AddressRange(text) == nil)
    }

    @Test(
        "Lists of proxies are separated by commas",
        arguments: [("", 0), ("10.0.0.0/8", 1), ("10.0.0.0/8,::1", 2), ("10.0.0.0/8 , fd00::/8", 2)])
    func lists(text: String, count: Int) throws {
        #expect(try #require(TrustedProxies(text)).ranges.count == count)
    }

    @Test("Other lists are refused", arguments: [",", "10.0.0.0/8,", "10.0.0.0/8;::1", "all", " "])
    func listRefusal(text: String) {
        #expect(TrustedProxies(text) == nil)
    }

    @Test(
        "The client is the first one from the right whom nobody vouches for",
        arguments: [
            // Nobody trusted in between: what the peer claims is hearsay.
            ("203.0.113.9", "192.0.2.1", "203.0.113.9"),
            ("10.0.0.1", nil, "10.0.0.1"), ("10.0.0.1", "", "10.0.0.1"),
            ("10.0.0.1", "192.0.2.1", "192.0.2.1"),
            // A client that claims to be somebody else.
            ("10.0.0.1", "198.51.100.7, 192.0.2.1", "192.0.2.1"),
            ("10.0.0.1", "10.0.0.7, 192.0.2.1", "192.0.2.1"),
            // A chain of proxies.
            ("10.0.0.1", "198.51.100.7,192.0.2.1 ,\t10.0.0.2, fd00::7", "192.0.2.1"),
            // A client inside.
            ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
            // What is no address ends the walk at the proxy that said it.
            ("10.0.0.1", "192.0.2.1, unknown", "10.0.0.1"),
            ("10.0.0.1", "192.0.2.1, 10.0.0.2, ", "10.0.0.1"),
            ("10.0.0.1", "unknown, 10.0.0.2", "10.0.0.2"),
            // With ports, and in IPv6 form.
            ("10.0.0.1", "192.0.2.1:4711", "192.0.2.1"), ("10.0.0.1", "[2001:db8::1]:4711", "2001:db8::1"),
            ("10.0.0.1", "[2001:db8::1]", "2001:db8::1"), ("10.0.0.1", "2001:db8::1", "2001:db8::1"),
            ("::ffff:10.0.0.1", "192.0.2.1", "192.0.2.1"),
            ("10.0.0.1", "192.0.2.1:", "10.0.0.1"), ("10.0.0.1", "[2001:db8::1", "10.0.0.1"),
            ("10.0.0.1", "[2001:db8::1]x", "10.0.0.1"), ("10.0.0.1", "[2001:db8::1]:x", "10.0.0.1"),
            ("10.0.0.1", "192.0.2.1:65536", "10.0.0.1"), ("10.0.0.1", "for=192.0.2.1", "10.0.0.1"),
        ] as [(String, String?, String)])
    func clients(peer: String, forwardedFor: String?, client: String) throws {
        let proxies = try #require(TrustedProxies("10.0.0.0/8, fd00::/8"))
        let found = proxies.client(peer: try #require(IPAddress(peer)), forwardedFor: forwardedFor)
        #expect(found == IPAddress(client))
    }

    @Test("Without trusted proxies the peer is the client")
    func noProxies() throws {
        let peer = try #require(IPAddress("10.0.0.1"))
        #expect(TrustedProxies("")?.client(peer: peer, forwardedFor: "192.0.2.1") == peer)
    }

    @Test("A chain is followed for a bounded number of hops")
    func hops() throws {
        let proxies = try #require(TrustedProxies("10.0.0.0/8"))
        let peer = try #require(IPAddress("10.0.0.1"))
        let chain = (0..<1000).map { "10.0.1.\($0 % 256)" } + ["10.0.2.1"]
        let found = proxies.client(peer: peer, forwardedFor: chain.joined(separator: ","))
        #expect(found.description == "10.0.1.217")
    }

    @Test(
        "Loopback is 127.0.0.0/8 and ::1, in whatever form",
        arguments: [
            ("127.0.0.1", true), ("127.255.255.255", true), ("::1", true), ("::ffff:127.0.0.1", true),
            ("126.255.255.255", false), ("128.0.0.1", false), ("::2", false), ("::", false), ("1::1", false),
        ])
    func loopback(text: String, isLoopback: Bool) {
        #expect(IPAddress(text)?.isLoopback == isLoopback)
    }
}
