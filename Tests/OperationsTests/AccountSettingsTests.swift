import Glibc
import Testing

@testable import Operations

@Suite("Settings of accounts and admission")
struct AccountSettingsTests {
    private static let secret = "a shared secret of thirty-two bytes or more"
    private static let clusterSecret = "0123456789abcdef0123456789abcdef"

    @Test("By default anybody may write, tokens last 30 days, and nobody else's are taken")
    func defaults() throws {
        let settings = try run([:])
        #expect(settings.accounts.authentication == .open)
        #expect(settings.accounts.tokenLifetime == .seconds(30 * 86_400))
        #expect(settings.accounts.identityProvider == nil)
        #expect(settings.admission.connectionsMax == 20_000)
        #expect(settings.admission.connectionsPerAddressMax == nil && settings.admission.messageRate == nil)
        #expect(settings.admission.trustedProxies == TrustedProxies(""))
    }

    @Test("HS256 takes its secret from the setting, else from the file")
    func symmetric() throws {
        let file = try temporaryFile("another secret of thirty-two bytes\nmore\n")
        for (environment, wanted) in [
            (["JWT_SECRET": Self.secret], Self.secret),
            (["JWT_SECRET_FILE": file], "another secret of thirty-two bytes"),
            (["JWT_SECRET": Self.secret, "JWT_SECRET_FILE": file], Self.secret),
        ] {
            let settings = try run(["JWT_ALGORITHM": "HS256"].merging(environment) { $1 })
            let provider = try #require(settings.accounts.identityProvider)
            guard case .hs256(let secret) = provider.key else {
                Issue.record("HS256 has no secret")
                return
            }
            #expect(secret == Secret(wanted))
            #expect(provider.issuer == nil && provider.audience == nil && provider.nameClaim == nil)
        }
    }

    @Test("RS256 takes its file's bytes as they are, and the claims that tokens must have")
    func asymmetric() throws {
        let file = try temporaryFile("kid: a\n-----BEGIN PUBLIC KEY-----\n")
        let settings = try run([
            "JWT_ALGORITHM": "RS256", "JWT_PUBLIC_KEYS_FILE": file, "JWT_ISSUER": "https://id.example",
            "JWT_AUDIENCE": "chat", "JWT_NAME_CLAIM": "nick", "AUTH": "required", "TOKEN_LIFETIME": "12h",
        ])
        let provider = try #require(settings.accounts.identityProvider)
        guard case .rs256(let bytes) = provider.key else {
            Issue.record("RS256 has no keys")
            return
        }
        #expect(bytes == Array("kid: a\n-----BEGIN PUBLIC KEY-----\n".utf8))
        #expect(provider.issuer == "https://id.example" && provider.audience == "chat")
        #expect(provider.nameClaim == "nick" && settings.accounts.authentication == .required)
        #expect(settings.accounts.tokenLifetime == .seconds(43_200))
    }

    @Test(
        "What makes no sense together is refused, naming the setting that is too much or wants another",
        arguments: [
            (["AUTH": "required"], "AUTH"),
            (["JWT_ALGORITHM": "HS256"], "JWT_ALGORITHM"),
            (["JWT_ALGORITHM": "RS256"], "JWT_ALGORITHM"),
            (
                ["JWT_ALGORITHM": "HS256", "JWT_SECRET": secret, "JWT_PUBLIC_KEYS_FILE": "/etc/passwd"],
                "JWT_PUBLIC_KEYS_FILE"
            ),
            (
                ["JWT_ALGORITHM": "RS256", "JWT_SECRET": secret, "JWT_PUBLIC_KEYS_FILE": "/etc/passwd"],
                "JWT_SECRET"
            ),
            (["JWT_SECRET": secret], "JWT_SECRET"),
            (["JWT_PUBLIC_KEYS_FILE": "/etc/passwd"], "JWT_PUBLIC_KEYS_FILE"),
            (["JWT_ISSUER": "a"], "JWT_ISSUER"), (["JWT_AUDIENCE": "a"], "JWT_AUDIENCE"),
            (["JWT_NAME_CLAIM": "a"], "JWT_NAME_CLAIM"),
            (
                ["JWT_ALGORITHM": "HS256", "JWT_SECRET": clusterSecret, "CLUSTER_SECRET": clusterSecret],
                "JWT_SECRET"
            ),
            (["CONNECTIONS_MAX": "10", "CONNECTIONS_PER_ADDRESS_MAX": "11"], "CONNECTIONS_PER_ADDRESS_MAX"),
        ] as [([String: String], String)])
    func contradictions(environment: [String: String], name: String) throws {
        let error = try refusal(environment)
        #expect(error.code == .contradiction && error.name == name)
        #expect(error.description.hasPrefix("\(name) (--") && !error.description.contains("\n"))
        #expect(!error.description.contains(Self.secret) && !error.description.contains(Self.clusterSecret))
    }

    @Test("A secret in a file is refused for RS256, too")
    func secretFileForRS256() throws {
        let file = try temporaryFile(Self.secret)
        let error = try refusal([
            "JWT_ALGORITHM": "RS256", "JWT_SECRET_FILE": file, "JWT_PUBLIC_KEYS_FILE": file,
        ])
        #expect(error.code == .contradiction && error.name == "JWT_SECRET_FILE")
    }

    @Test("With a cluster's secret, or an identity provider, signing in may be required")
    func required() throws {
        #expect(
            try run(["AUTH": "required", "CLUSTER_SECRET": Self.clusterSecret]).accounts.identityProvider
                == nil)
        let provider = ["AUTH": "required", "JWT_ALGORITHM": "HS256", "JWT_SECRET": Self.secret]
        #expect(try run(provider).accounts.authentication == .required)
    }

    @Test(
        "A bad value is named with what is expected",
        arguments: [
            ("AUTH", "maybe"), ("TOKEN_LIFETIME", "59s"), ("TOKEN_LIFETIME", "3651d"),
            ("TOKEN_LIFETIME", "60.5s"), ("JWT_ALGORITHM", "none"), ("JWT_ALGORITHM", "hs256"),
            ("JWT_SECRET", "hunter2"), ("JWT_SECRET_FILE", "/nonexistent"), ("JWT_PUBLIC_KEYS_FILE", "/"),
            ("JWT_PUBLIC_KEYS_FILE", "/dev/zero"), ("JWT_ISSUER", String(repeating: "a", count: 257)),
            ("CONNECTIONS_MAX", "0"), ("CONNECTIONS_PER_ADDRESS_MAX", "-1"), ("MESSAGES_PER_SECOND", "many"),
            ("TRUSTED_PROXIES", "10.0.0.1/8"),
        ])
    func badValues(name: String, value: String) throws {
        let error = try refusal([name: value])
        #expect(error.code == .invalidValue && error.name == name)
        #expect(!error.description.contains("hunter2"))
    }

    @Test("Keys that turn out to be none are refused by the name of their setting")
    func unusableKeys() {
        let error = IdentityProviderSettings.unusableKeys("line 1: the key has 1024 bits")
        #expect(error.code == .invalidValue && error.name == "JWT_PUBLIC_KEYS_FILE")
        let shown = "JWT_PUBLIC_KEYS_FILE (--jwt-public-keys-file): line 1: the key has 1024 bits"
        #expect(error.description == shown)
    }

    @Test("Secrets are not shown")
    func discretion() throws {
        let settings = try run([
            "JWT_ALGORITHM": "HS256", "JWT_SECRET": Self.secret, "CLUSTER_SECRET": Self.clusterSecret,
        ])
        var dumped = "\(settings)"
        dump(settings, to: &dumped)
        #expect(!dumped.contains(Self.secret) && !dumped.contains(Self.clusterSecret))
    }

    @Test("Limits of connections and messages, and proxies, are read")
    func admission() throws {
        let settings = try run([
            "CONNECTIONS_MAX": "500", "CONNECTIONS_PER_ADDRESS_MAX": "500", "MESSAGES_PER_SECOND": "20",
            "TRUSTED_PROXIES": "10.0.0.0/8, fd00::/8",
        ]).admission
        #expect(settings.connectionsMax == 500 && settings.connectionsPerAddressMax == 500)
        #expect(settings.messageRate == RateLimit(burst: 20, interval: .milliseconds(50)))
        #expect(settings.trustedProxies.ranges.count == 2)
    }

    private func run(_ environment: [String: String]) throws -> ChatServerSettings {
        guard case .run(let settings) = try ChatServerSettings.parse(arguments: [], environment: environment)
        else { throw NotRun() }
        return settings
    }

    private func refusal(_ environment: [String: String]) throws -> SettingsError {
        let thrown = #expect(throws: SettingsError.self) { try run(environment) }
        return try #require(thrown)
    }

    private struct NotRun: Error {}

    /// A new file of this content; returns its path.
    private func temporaryFile(_ text: String) throws -> String {
        var path = Array("/tmp/chat-cluster-settings-XXXXXX".utf8CString)
        let descriptor = mkstemp(&path)
        let bytes = Array(text.utf8)
        try #require(descriptor >= 0 && write(descriptor, bytes, bytes.count) == bytes.count)
        close(descriptor)
        return String(decoding: path.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
