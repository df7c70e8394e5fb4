/// How much clients may ask of a chat-server.
public struct AdmissionSettings: Sendable {
    /// Open connections; a further one is refused.
    public let connectionsMax: Int
    /// Of one address (of one network with IPv6); nil: as many as in all.
    public let connectionsPerAddressMax: Int?
    /// That one connection, and one account, may write; nil: as many as it likes.
    public let messagesPerSecond: Int?
    public let trustedProxies: TrustedProxies

    init(_ values: SettingValues) throws(SettingsError) {
        connectionsMax = try values.read(Self.connectionsMaxSetting)
        connectionsPerAddressMax = try values.read(Self.connectionsPerAddressMaxSetting)
        messagesPerSecond = try values.read(Self.messagesPerSecondSetting)
        trustedProxies = try values.read(Self.trustedProxiesSetting)
        guard connectionsPerAddressMax ?? 0 <= connectionsMax else {
            throw SettingsError(
                .contradiction, name: "CONNECTIONS_PER_ADDRESS_MAX",
                "CONNECTIONS_PER_ADDRESS_MAX (--connections-per-address-max): must not be more than "
                    + "CONNECTIONS_MAX, which is \(connectionsMax)")
        }
    }

    /// The limit of one connection or account; nil: none.
    public var messageRate: RateLimit? { messagesPerSecond.map { .perSecond($0) } }

    static let table = [
        connectionsMaxSetting.description, connectionsPerAddressMaxSetting.description,
        messagesPerSecondSetting.description, trustedProxiesSetting.description,
    ]

    static let connectionsRange = 1...1_000_000
    static let messagesPerSecondMax = 1_000_000
}

extension AdmissionSettings {
    static let connectionsMaxSetting = Setting(
        "CONNECTIONS_MAX", default: "20000", expects: "a number, 1 to 1000000",
        "How many connections may be open at once; a further one gets 503."
    ) { SettingNumber.integer($0, in: connectionsRange) }

    static let connectionsPerAddressMaxSetting = Setting<Int?>(
        "CONNECTIONS_PER_ADDRESS_MAX", default: "0", shownDefault: "0, as many as in all",
        expects: "a number, 1 to CONNECTIONS_MAX, or 0",
        "How many of them one address may have (one network of 64 bits with IPv6). Behind a proxy give "
            + "TRUSTED_PROXIES with it, else all its clients are one; then streams count to them."
    ) { optional($0, in: connectionsRange) }

    static let messagesPerSecondSetting = Setting<Int?>(
        "MESSAGES_PER_SECOND", default: "0", shownDefault: "0, no limit",
        expects: "a number, 1 to \(messagesPerSecondMax), or 0 for no limit",
        "How many messages and changes each WebSocket, and each account (over HTTP without one each "
            + "address), may write in a second; the next gets 429."
    ) { optional($0, in: 1...messagesPerSecondMax) }

    static let trustedProxiesSetting = Setting(
        "TRUSTED_PROXIES", default: "", shownDefault: "none",
        expects: "addresses and ranges (10.0.0.0/8, fd00::/8; no bits behind the prefix) separated by commas",
        "Proxies whose X-Forwarded-For is believed.", parse: { TrustedProxies($0) })

    /// 0 is nil.
    private static func optional(_ text: String, in range: ClosedRange<Int>) -> Int?? {
        if text == "0" { return .some(nil) }
        return SettingNumber.integer(text, in: range).map { .some($0) }
    }
}
