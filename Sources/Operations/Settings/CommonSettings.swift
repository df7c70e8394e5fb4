/// What both services take.
public struct CommonSettings: Sendable {
    /// To listen on: an IPv4 address, an IPv6 address without brackets, or a name.
    public let host: String
    /// To listen on; 0: the system picks a free one, which the `listening` line of the log then names.
    public let port: UInt16
    /// Nil: no Redis.
    public let redis: RedisURL?
    /// Stands in the topics; empty: none.
    public let clusterName: String
    /// Empty, or `/a/b`.
    public let basePath: String
    public let logLevel: DiagnosticLog.Level
    public let logFormat: DiagnosticLog.Format
    public let clusterSecret: Secret?
    public let allowedOrigins: AllowedOrigins
    public let drainWindow: Duration
    /// How many pods must have applied a write that names nothing: `durable`, a number, `majority` or `all`.
    public let writeQuorum: String

    init(_ values: SettingValues, port: Setting<UInt16>) throws(SettingsError) {
        host = try values.read(Self.hostSetting)
        self.port = try values.read(port)
        redis = try values.read(Self.redisSetting)
        clusterName = try values.read(Self.clusterNameSetting)
        basePath = try values.read(Self.basePathSetting)
        logLevel = try values.read(Self.logLevelSetting)
        logFormat = try values.read(Self.logFormatSetting)
        let secretInFile = try values.read(Self.clusterSecretFileSetting)
        clusterSecret = try values.read(Self.clusterSecretSetting) ?? secretInFile
        allowedOrigins = try values.read(Self.allowedOriginsSetting)
        drainWindow = try values.read(Self.drainWindowSetting)
        writeQuorum = try values.read(Self.writeQuorumSetting)
    }

    static func table(port: Setting<UInt16>) -> [SettingDescription] {
        [
            hostSetting.description, port.description, redisSetting.description,
            clusterNameSetting.description,
            basePathSetting.description, logLevelSetting.description, logFormatSetting.description,
            clusterSecretSetting.description, clusterSecretFileSetting.description,
            allowedOriginsSetting.description, drainWindowSetting.description,
            writeQuorumSetting.description,
        ]
    }

    static func portSetting(default port: UInt16) -> Setting<UInt16> {
        Setting(
            "PORT", default: String(port), expects: "a port, 0 to 65535 (0: any free one)",
            "Port to listen on.", parse: SettingNumber.port)
    }

    /// Of the two services, which keep lines in different places.
    static func scrubIntervalSetting(default text: String, _ what: String) -> Setting<Duration> {
        Setting(
            "SCRUB_INTERVAL", default: text, expects: "a duration, 0s to 720h (0s: never)",
            "Within which time \(what) checked once for damage."
        ) { SettingNumber.duration($0, in: .zero...(.seconds(720 * 3600))) }
    }

    static let clusterNameBytesMax = 64
    static let drainWindowMax = Duration.seconds(3600)
}

extension CommonSettings {
    static let hostSetting = Setting(
        "HOST", default: "0.0.0.0", expects: "an IPv4 address, an IPv6 address or a host name",
        "Address to listen on.", parse: Authority.host)

    static let redisSetting = Setting<RedisURL?>(
        "REDIS_URL", default: "redis://127.0.0.1:6379",
        expects: "redis://[user:password@]host[:port][/db], or empty for no Redis",
        disclosure: .withoutCredentials,
        "Redis that carries new lines to the pods at once; without it they follow the log's live tail."
    ) { text in
        if text.isEmpty { return .some(nil) }
        return RedisURL(text).map { .some($0) }
    }

    static let clusterNameSetting = Setting(
        "CLUSTER_NAME", default: "", expects: "up to \(clusterNameBytesMax) of A-Z a-z 0-9 . _ -, or empty",
        "Stands in the Redis topics, so that clusters can share a Redis."
    ) { Token.validated($0, bytes: 0...clusterNameBytesMax) }

    static let basePathSetting = Setting(
        "BASE_PATH", default: "",
        expects: "a path of segments of A-Z a-z 0-9 - . _ ~, at most \(BasePath.bytesMax) bytes, or empty",
        "Extra prefix to answer under.", parse: BasePath.normalised)

    static let logLevelSetting = Setting(
        "LOG_LEVEL", default: "info", expects: Choice.expects(DiagnosticLog.Level.self),
        "The least severe lines to write to stderr.", parse: DiagnosticLog.Level.init(rawValue:))

    static let logFormatSetting = Setting(
        "LOG_FORMAT", default: "text", expects: Choice.expects(DiagnosticLog.Format.self),
        "Form of these lines.", parse: DiagnosticLog.Format.init(rawValue:))

    static let clusterSecretSetting = Setting<Secret?>(
        "CLUSTER_SECRET", default: "", shownDefault: "none",
        expects: "a secret of at least \(Secret.bytesMin) bytes, or empty for none",
        disclosure: .lengthOnly,
        "Shared by all services: their bearer token; it also authenticates Redis payloads. "
            + "Better as environment: flags can be read by other users of the machine."
    ) { text in
        if text.isEmpty { return .some(nil) }
        return Secret(text).map { .some($0) }
    }

    static let clusterSecretFileSetting = Setting<Secret?>(
        "CLUSTER_SECRET_FILE", default: "", shownDefault: "none",
        expects: "a readable file that begins with a line of at least \(Secret.bytesMin) bytes, or empty",
        "Where the secret stands when CLUSTER_SECRET is empty, as container platforms hand secrets out."
    ) { path in
        if path.isEmpty { return .some(nil) }
        return SecretFile.read(path).map { .some($0) }
    }

    static let allowedOriginsSetting = Setting(
        "ALLOWED_ORIGINS", default: "", shownDefault: "the service's own",
        expects: "origins (https://host[:port]) separated by commas, or *",
        "Pages of which other origins may use the service.", parse: { AllowedOrigins($0) })

    static let drainWindowSetting = Setting(
        "DRAIN_WINDOW", default: "5s", expects: "a duration, 0s to 1h",
        "How long a pod that was told to stop goes on accepting, and spreads the closing of its sockets over."
    ) { SettingNumber.duration($0, in: .zero...drainWindowMax) }

    static let writeQuorumSetting = Setting(
        "WRITE_QUORUM", default: "durable", expects: "durable, a number from 1 to 1000, majority or all",
        "How many pods must have applied a message before it is answered, unless its request says otherwise."
    ) { text in
        if ["durable", "majority", "all"].contains(text) { return text }
        return SettingNumber.integer(text, in: 1...1000).map(String.init)
    }
}

/// Names made of a few harmless characters.
enum Token {
    /// `text` when it has so many bytes and only A-Z a-z 0-9 . _ -.
    static func validated(_ text: String, bytes: ClosedRange<Int>) -> String? {
        let isValid = text.utf8.allSatisfy {
            Ascii.isAlphanumeric($0) || $0 == 0x2D || $0 == 0x2E || $0 == 0x5F
        }
        return isValid && bytes.contains(text.utf8.count) ? text : nil
    }
}

/// Settings that take one of a few words.
enum Choice {
    static func expects<Value: CaseIterable & RawRepresentable>(_: Value.Type) -> String
    where Value.RawValue == String {
        "one of " + Value.allCases.map(\.rawValue).joined(separator: ", ")
    }
}
