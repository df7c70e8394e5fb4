/// How a pod gets its lines, and where others reach it to get theirs.
public struct DelegationSettings: Sendable {
    public enum Follow: String, CaseIterable, Sendable {
        /// Redis carries them, the log's live tail stands in for it.
        case redis
        /// From the log's live tail alone.
        case tail
        /// From whom the log names: itself or another pod.
        case tree
    }

    public let follow: Follow
    /// Nil: made from the address that the pod listens on.
    public let advertisedURL: HTTPURL?

    static let table = [followSetting.description, advertisedURLSetting.description]

    init(_ values: SettingValues) throws(SettingsError) {
        follow = try values.read(Self.followSetting)
        advertisedURL = try values.read(Self.advertisedURLSetting)
    }

    static let followSetting = Setting(
        "FOLLOW", default: "redis", expects: Choice.expects(Follow.self),
        "Where new lines come from: redis, the log's live tail, or a tree in which pods feed pods.",
        parse: Follow.init(rawValue:))

    /// What a log takes as a pod's address.
    public static let advertisedBytesMax = 256

    static let advertisedURLSetting = Setting<HTTPURL?>(
        "ADVERTISED_URL", default: "", shownDefault: "made of HOST or the machine's address, and PORT",
        expects: "http://host[:port][/prefix] of at most \(advertisedBytesMax) bytes, or empty",
        "Where the log and other pods reach this pod."
    ) { text in
        if text.isEmpty { return .some(nil) }
        guard let url = HTTPURL(text), url.description.utf8.count <= advertisedBytesMax else { return nil }
        return .some(url)
    }

    public static let fanoutDefault = 8

    /// The log's: how many a node of the tree feeds.
    static let fanoutSetting = Setting(
        "FANOUT", default: String(fanoutDefault), expects: "a number, 1 to 1000",
        "How many pods the log, and each pod, feeds at most where pods run with FOLLOW=tree."
    ) { SettingNumber.integer($0, in: 1...1000) }
}
