/// The chat-server's settings.
public struct ChatServerSettings: ServiceSettings {
    public let common: CommonSettings
    public let replicationLog: HTTPURL
    public let replicaID: String
    /// How much of the newest history stays in memory; 0: all.
    public let historyBytes: Int
    /// How long a forwarded write may wait for its answer before the client gets 504.
    public let writeTimeout: Duration
    /// How long the history of a former epoch stays readable.
    public let supersededRetention: Duration
    /// Within which time all lines in memory are checked once; zero: never.
    public let scrubInterval: Duration
    public let accounts: AccountSettings
    public let admission: AdmissionSettings
    /// By how much reports to the log are held back on purpose; nil: not at all.
    public let simulatedDelay: SimulatedDelay?
    public let delegation: DelegationSettings

    public static let service = "chat-server"
    public static let summary = "holds users' connections and the whole conversation in memory."

    static let port = CommonSettings.portSetting(default: 8000)

    public static let table: [SettingDescription] =
        CommonSettings.table(port: port) + [
            replicationLogSetting.description, replicaIDSetting.description, historyBytesSetting.description,
            writeTimeoutSetting.description, supersededRetentionSetting.description,
            scrubIntervalSetting.description, simulatedDelaySetting.description,
        ] + AccountSettings.table + AdmissionSettings.table + DelegationSettings.table

    public init(_ values: SettingValues) throws(SettingsError) {
        common = try CommonSettings(values, port: Self.port)
        replicationLog = try values.read(Self.replicationLogSetting)
        replicaID = try values.read(Self.replicaIDSetting)
        historyBytes = try values.read(Self.historyBytesSetting)
        writeTimeout = try values.read(Self.writeTimeoutSetting)
        supersededRetention = try values.read(Self.supersededRetentionSetting)
        scrubInterval = try values.read(Self.scrubIntervalSetting)
        accounts = try AccountSettings(values, clusterSecret: common.clusterSecret)
        admission = try AdmissionSettings(values)
        simulatedDelay = try values.read(Self.simulatedDelaySetting)
        delegation = try DelegationSettings(values)
    }

    static let replicaIDBytesMax = 64
}

extension ChatServerSettings {
    static let replicationLogSetting = Setting(
        "REPLICATION_LOG_URL", default: "http://127.0.0.1:8100", expects: "http://host[:port][/prefix]",
        "The replication-log.", parse: { HTTPURL($0) })

    static let replicaIDSetting = Setting(
        "REPLICA_ID", default: defaultReplicaID(hostName: ProcessEnvironment.hostName()),
        shownDefault: "the host name",
        expects: "1 to \(replicaIDBytesMax) of A-Z a-z 0-9 . _ -, not 'redis', 'log' or 'none'",
        "Name of this pod among the others."
    ) { replicaID($0) }

    /// The words that stand for something else where a report says what a pod follows are no names.
    private static func replicaID(_ text: String) -> String? {
        ["redis", "log", "none"].contains(text) ? nil : Token.validated(text, bytes: 1...replicaIDBytesMax)
    }

    static let historyBytesSetting = Setting(
        "HISTORY_BYTES", default: "0", expects: "a size, 0 to 1TiB (0: all)",
        "How much of the newest history stays in memory; older ranges are read from the log when asked for."
    ) { SettingNumber.bytes($0, in: 0...1 << 40) }

    static let writeTimeoutSetting = Setting(
        "WRITE_TIMEOUT", default: "10s", expects: "a duration, 10ms to 10m",
        "How long a forwarded write may wait for its answer before its client gets 504."
    ) { SettingNumber.duration($0, in: .milliseconds(10)...(.seconds(600))) }

    static let supersededRetentionSetting = Setting(
        "SUPERSEDED_RETENTION", default: "1h", expects: "a duration, 0s to 720h",
        "How long the history of a former epoch stays readable after the log's epoch has changed."
    ) { SettingNumber.duration($0, in: .zero...(.seconds(720 * 3600))) }

    static let simulatedDelaySetting = Setting<SimulatedDelay?>(
        "SIMULATED_DELAY", default: "", shownDefault: "none",
        expects: "a duration or a range of two (0.1ms-1ms), each up to 10s, or empty for none",
        "For experiments: each report of what was applied is held back by a random time of the range."
    ) { text in
        if text.isEmpty { return .some(nil) }
        return SimulatedDelay(text).map { .some($0) }
    }

    static let scrubIntervalSetting = CommonSettings.scrubIntervalSetting(
        default: "1h", "the lines in memory are")

    /// The host's name, cut to what a replica's name may hold; `chat-server` when nothing of it is left.
    static func defaultReplicaID(hostName: String?) -> String {
        let allowed = (hostName ?? "").unicodeScalars.filter {
            Token.validated(String($0), bytes: 1...1) != nil
        }
        let name = String(String.UnicodeScalarView(allowed.prefix(replicaIDBytesMax)))
        return replicaID(name) ?? service
    }
}
