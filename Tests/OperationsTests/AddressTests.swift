import Testing

@testable import Operations

@Suite("Addresses in settings")
struct AddressTests {
    @Test("A Redis URL has host, port, database and percent-decoded credentials")
    func redisURL() throws {
        let url = try #require(RedisURL("redis://us%40er:p%3Aa%2Fss@cache.example:6380/3"))
        #expect(url.user == "us@er")
        #expect(url.password == "p:a/ss")
        #expect(url.host == "cache.example")
        #expect(url.port == 6380)
        #expect(url.database == 3)
    }

    @Test("Port and database of a Redis URL have defaults")
    func redisDefaults() throws {
        let url = try #require(RedisURL("redis://[::1]"))
        #expect(url.host == "::1")
        #expect(url.port == 6379)
        #expect(url.database == 0)
        #expect(url.user == nil && url.password == nil)
        #expect(try #require(RedisURL("redis://:secret@localhost/")).user == nil)
    }

    @Test("A Redis URL is never shown with its password")
    func redisRedaction() throws {
        let url = try #require(RedisURL("redis://app:hunter2@h:1/2"))
        var dumped = ""
        dump(["redis": url], to: &dumped)
        for shown in ["\(url)", String(reflecting: url), "\([url])", dumped] {
            #expect(!shown.contains("hunter2"))
        }
        #expect("\(url)" == "redis://app:***@h:1/2")
    }

    @Test(
        "Other Redis URLs are refused",
        arguments: [
            "redis:", "redis://", "rediss://h", "http://h", "h:6379", "redis://h:0", "redis://h:65536",
            "redis://h:",
            "redis://h/x", "redis://h/1/2", "redis://h/-1", "redis://user@h", "redis://u:@h",
            "redis://u:%4@h",
            "redis://u:%ff@h", "redis://::1:6379", "redis://[::1", "redis://[h]", "redis://h h", "redis://ü",
        ])
    func redisRefusal(text: String) {
        #expect(RedisURL(text) == nil)
    }

    @Test(
        "An HTTP URL has host, port and prefix",
        arguments: [
            ("http://127.0.0.1:8100", "127.0.0.1", 8100, "", "http://127.0.0.1:8100"),
            ("http://log", "log", 80, "", "http://log:80"),
            ("http://log/", "log", 80, "", "http://log:80"),
            ("http://[::1]:81/a/b/", "::1", 81, "/a/b", "http://[::1]:81/a/b"),
        ] as [(String, String, UInt16, String, String)])
    func httpURL(text: String, host: String, port: UInt16, prefix: String, shown: String) throws {
        let url = try #require(HTTPURL(text))
        #expect(url.host == host)
        #expect(url.port == port)
        #expect(url.pathPrefix == prefix)
        #expect(url.description == shown)
    }

    @Test(
        "Other HTTP URLs are refused",
        arguments: [
            "", "http://", "https://log", "log:8100", "http://u:p@log", "http://log:0", "http://log?x",
            "http://log/#f",
            "http://log/a//b", "http://log/../b", "http://log:1:2",
        ])
    func httpRefusal(text: String) {
        #expect(HTTPURL(text) == nil)
    }

    @Test(
        "A base path is brought into one form",
        arguments: [
            ("", ""), ("/", ""), ("a", "/a"), ("/a/b", "/a/b"), ("/a/b/", "/a/b"),
            ("a.b~c-d_e/", "/a.b~c-d_e"),
        ])
    func basePath(text: String, normalised: String) {
        #expect(BasePath.normalised(text) == normalised)
    }

    @Test(
        "Other base paths are refused",
        arguments: ["//", "/a//b", "/.", "/a/..", "/a b", "/a?b", "/ä", "/a%20"])
    func basePathRefusal(text: String) {
        #expect(BasePath.normalised(text) == nil)
    }

    @Test("A host to listen on is an address of either kind or a name")
    func host() {
        #expect(Authority.host("0.0.0.0") == "0.0.0.0")
        #expect(Authority.host("::") == "::")
        #expect(Authority.host("[::1]") == "::1")
        #expect(Authority.host("fe80::1%eth0") == "fe80::1%eth0")
        #expect(Authority.host("chat_server-0.local") == "chat_server-0.local")
        for text in ["", "a b", "[localhost]", "[::1", "a:1", "http://a", ":g:"] {
            #expect(Authority.host(text) == nil, "\(text)")
        }
    }

    @Test("Origins are listed, all or none")
    func origins() throws {
        #expect(try #require(AllowedOrigins("")).allows("https://a.example") == false)
        #expect(try #require(AllowedOrigins("*")).allows("https://a.example"))
        let listed = try #require(AllowedOrigins("https://A.example, http://b.example:8080"))
        #expect(listed.allows("https://a.example") && listed.allows("HTTP://b.example:8080"))
        #expect(!listed.allows("http://a.example") && !listed.allows("https://a.example.evil"))
        #expect(!listed.allows("null") && !listed.allows(""))
    }

    @Test(
        "What is no origin is refused",
        arguments: ["a.example", "https://", "https://a/", "*,https://a", ",", "ftp://a"])
    func originRefusal(text: String) {
        #expect(AllowedOrigins(text) == nil)
    }
}

@Suite("The address that a service tells of itself")
struct AdvertisedURLTests {
    @Test("A host that was chosen stands in it, brackets around IPv6 included")
    func chosenHost() {
        #expect(AdvertisedURL.make(host: "10.0.0.7", port: 8000) == "http://10.0.0.7:8000")
        #expect(AdvertisedURL.make(host: "::1", port: 1) == "http://[::1]:1")
    }

    @Test(
        "A host that means every address is replaced by one that can be reached",
        arguments: ["0.0.0.0", "::"])
    func everyHost(host: String) throws {
        let url = try #require(HTTPURL(AdvertisedURL.make(host: host, port: 8000)))
        #expect(url.host != host && url.port == 8000)
    }
}
