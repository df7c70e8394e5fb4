/// The replication-log's settings.
public struct ReplicationLogSettings: ServiceSettings {
    /// When a write counts as durable.
    public enum Durability: String, CaseIterable, Sendable {
        /// `fdatasync` before every acknowledgement.
        case sync
        /// `fdatasync` every `syncInterval`: a crash of the machine may lose what was acknowledged since.
        case interval
        /// Whenever the system writes its pages back.
        case none
    }

    public enum Engine: String, CaseIterable, Sendable {
        case embedded
    }

    public let common: CommonSettings
    public let dataDirectory: String
    public let durability: Durability
    /// Used with `Durability.interval`.
    public let syncInterval: Duration
    public let segmentBytes: Int
    /// How many of the newest ids are remembered for retries.
    public let idIndexEntries: Int
    /// A glob of Redis (`PSUBSCRIBE`); nil: none.
    public let ingestChannels: String?
    public let engine: Engine
    /// How long a pod counts as known after its last report.
    public let replicaWindow: Duration
    /// How many a node of the tree of pods feeds.
    public let fanout: Int
    /// Within which time all sealed segments are checked once; zero: never.
    public let scrubInterval: Duration

    public static let service = "replication-log"
    public static let summary = "puts every write in order, makes it durable and tells all pods."

    static let port = CommonSettings.portSetting(default: 8100)

    public static let table: [SettingDescription] =
        CommonSettings.table(port: port) + [
            dataDirectorySetting.description, durabilitySetting.description, syncIntervalSetting.description,
            segmentBytesSetting.description, idIndexEntriesSetting.description,
            ingestChannelsSetting.description, engineSetting.description, scrubIntervalSetting.description,
            replicaWindowSetting.description, DelegationSettings.fanoutSetting.description,
        ]

    public init(_ values: SettingValues) throws(SettingsError) {
        common = try CommonSettings(values, port: Self.port)
        dataDirectory = try values.read(Self.dataDirectorySetting)
        durability = try values.read(Self.durabilitySetting)
        syncInterval = try values.read(Self.syncIntervalSetting)
        segmentBytes = try values.read(Self.segmentBytesSetting)
        idIndexEntries = try values.read(Self.idIndexEntriesSetting)
        ingestChannels = try values.read(Self.ingestChannelsSetting)
        engine = try values.read(Self.engineSetting)
        replicaWindow = try values.read(Self.replicaWindowSetting)
        fanout = try values.read(DelegationSettings.fanoutSetting)
        scrubInterval = try values.read(Self.scrubIntervalSetting)
    }

    static let segmentBytesRange = 4 << 10...4 << 30
    static let idIndexEntriesRange = 1...100_000_000
    static let ingestPatternBytesMax = 256
}

extension ReplicationLogSettings {
    /// Also for tools that work on the directory itself.
    public static let dataDirectorySetting = Setting<String>(
        "DATA_DIR", default: "./data", expects: "the path of a directory",
        "Where the log is kept; made when it is not there."
    ) { $0.isEmpty ? nil : $0 }

    static let durabilitySetting = Setting(
        "DURABILITY", default: "sync", expects: Choice.expects(Durability.self),
        "sync: fdatasync before every acknowledgement; interval: every SYNC_INTERVAL; none: never.",
        parse: Durability.init(rawValue:))

    static let syncIntervalSetting = Setting(
        "SYNC_INTERVAL", default: "1s", expects: "a duration, 1ms to 1m",
        "How often DURABILITY interval syncs."
    ) { SettingNumber.duration($0, in: .milliseconds(1)...(.seconds(60))) }

    static let segmentBytesSetting = Setting(
        "SEGMENT_BYTES", default: "64MiB", expects: "a size, 4KiB to 4GiB",
        "A segment file is closed at this size."
    ) { SettingNumber.bytes($0, in: segmentBytesRange) }

    static let idIndexEntriesSetting = Setting(
        "ID_INDEX_ENTRIES", default: "1000000", expects: "a number, 1 to 100000000",
        "How many of the newest ids are remembered, so that a retry does not write twice."
    ) { SettingNumber.integer($0, in: idIndexEntriesRange) }

    static let ingestChannelsSetting = Setting<String?>(
        "INGEST_CHANNELS", default: "*",
        expects: "a Redis glob of up to \(ingestPatternBytesMax) bytes, or empty for none",
        "Plain Redis channels whose PUBLISHes become messages (never chat-cluster:*, __*, $*, @*)."
    ) { text in
        guard text.utf8.count <= ingestPatternBytesMax else { return nil }
        return .some(text.isEmpty ? nil : text)
    }

    static let scrubIntervalSetting = CommonSettings.scrubIntervalSetting(
        default: "24h", "the closed segment files are")

    static let engineSetting = Setting(
        "ENGINE", default: "embedded", expects: Choice.expects(Engine.self),
        "What keeps the log.", parse: Engine.init(rawValue:))

    static let replicaWindowSetting = Setting(
        "REPLICA_WINDOW", default: "60s", expects: "a duration, 5s to 24h",
        "How long a pod that is silent is still counted, as for a majority."
    ) { SettingNumber.duration($0, in: .seconds(5)...(.seconds(24 * 3600))) }
}
