/// Whose tokens (JSON Web Tokens, RFC 7519) are taken beside the service's own.
public struct IdentityProviderSettings: Sendable {
    public enum Algorithm: String, CaseIterable, Sendable {
        /// HMAC with SHA-256, under a secret shared with the provider.
        case hs256 = "HS256"
        /// RSA with SHA-256, under the provider's key.
        case rs256 = "RS256"
    }

    /// What signatures are checked with.
    public enum Key: Sendable {
        /// At least `secretBytesMin` bytes.
        case hs256(Secret)
        /// The content of `JWT_PUBLIC_KEYS_FILE`, not yet read as keys.
        case rs256(pem: [UInt8])
    }

    public let key: Key
    /// Nil: not compared.
    public let issuer: String?
    /// Nil: tokens that name an audience are refused.
    public let audience: String?
    /// Nil: `preferred_username`, else `sub`.
    public let nameClaim: String?

    /// RFC 7518, section 3.2.
    public static let secretBytesMin = 32
    static let publicKeysBytesMax = 64 << 10
    static let claimBytesMax = 256

    /// Nil when no algorithm is chosen; then nothing else may be given.
    static func read(_ values: SettingValues) throws(SettingsError) -> IdentityProviderSettings? {
        let given = try Given(values)
        guard let algorithm = try values.read(algorithmSetting) else {
            try given.refuseAll("has no effect without JWT_ALGORITHM")
            return nil
        }
        return IdentityProviderSettings(
            key: try given.key(for: algorithm), issuer: given.issuer, audience: given.audience,
            nameClaim: given.nameClaim)
    }

    /// The error of a process whose `JWT_PUBLIC_KEYS_FILE` turned out to hold no usable keys.
    ///
    /// - Parameter reason: one line that shows nothing of the file's content.
    public static func unusableKeys(_ reason: String) -> SettingsError {
        let setting = publicKeysFileSetting.description
        return SettingsError(
            .invalidValue, name: setting.name, "\(setting.name) (\(setting.flag)): \(reason)")
    }

    static let table = [
        algorithmSetting.description, secretSetting.description, secretFileSetting.description,
        publicKeysFileSetting.description, issuerSetting.description, audienceSetting.description,
        nameClaimSetting.description,
    ]
}

/// What was given of the settings that depend on the algorithm.
private struct Given {
    let secret: Secret?
    let secretInFile: Secret?
    let publicKeys: [UInt8]?
    let issuer: String?
    let audience: String?
    let nameClaim: String?

    init(_ values: SettingValues) throws(SettingsError) {
        secret = try values.read(IdentityProviderSettings.secretSetting)
        secretInFile = try values.read(IdentityProviderSettings.secretFileSetting)
        publicKeys = try values.read(IdentityProviderSettings.publicKeysFileSetting)
        issuer = try values.read(IdentityProviderSettings.issuerSetting)
        audience = try values.read(IdentityProviderSettings.audienceSetting)
        nameClaim = try values.read(IdentityProviderSettings.nameClaimSetting)
    }

    func refuseAll(_ reason: String) throws(SettingsError) {
        try refuse(secrets + keys + claims, reason)
    }

    func key(
        for algorithm: IdentityProviderSettings.Algorithm
    ) throws(SettingsError) -> IdentityProviderSettings.Key {
        switch algorithm {
        case .hs256:
            try refuse(keys, "is not for JWT_ALGORITHM HS256")
            guard let secret = secret ?? secretInFile else {
                throw Self.contradiction(
                    IdentityProviderSettings.algorithmSetting.description,
                    "HS256 needs JWT_SECRET or JWT_SECRET_FILE")
            }
            return .hs256(secret)
        case .rs256:
            try refuse(secrets, "is not for JWT_ALGORITHM RS256")
            guard let publicKeys else {
                throw Self.contradiction(
                    IdentityProviderSettings.algorithmSetting.description, "RS256 needs JWT_PUBLIC_KEYS_FILE")
            }
            return .rs256(pem: publicKeys)
        }
    }

    private typealias One = (setting: SettingDescription, isGiven: Bool)

    private var secrets: [One] {
        [
            (IdentityProviderSettings.secretSetting.description, secret != nil),
            (IdentityProviderSettings.secretFileSetting.description, secretInFile != nil),
        ]
    }

    private var keys: [One] {
        [(IdentityProviderSettings.publicKeysFileSetting.description, publicKeys != nil)]
    }

    private var claims: [One] {
        [
            (IdentityProviderSettings.issuerSetting.description, issuer != nil),
            (IdentityProviderSettings.audienceSetting.description, audience != nil),
            (IdentityProviderSettings.nameClaimSetting.description, nameClaim != nil),
        ]
    }

    private func refuse(_ settings: [One], _ reason: String) throws(SettingsError) {
        guard let given = settings.first(where: \.isGiven) else { return }
        throw Self.contradiction(given.setting, reason)
    }

    private static func contradiction(_ setting: SettingDescription, _ reason: String) -> SettingsError {
        SettingsError(.contradiction, name: setting.name, "\(setting.name) (\(setting.flag)): \(reason)")
    }
}

extension IdentityProviderSettings {
    static let algorithmSetting = Setting<Algorithm?>(
        "JWT_ALGORITHM", default: "", shownDefault: "none",
        expects: "\(Choice.expects(Algorithm.self)), or empty for none",
        "How an identity provider signs the tokens (JSON Web Tokens) that are to be taken beside our own."
    ) { text in
        if text.isEmpty { return .some(nil) }
        return Algorithm(rawValue: text).map { .some($0) }
    }

    static let secretSetting = Setting<Secret?>(
        "JWT_SECRET", default: "", shownDefault: "none",
        expects: "a secret of at least \(secretBytesMin) bytes, or empty for none",
        disclosure: .lengthOnly, "HS256: the secret shared with the identity provider."
    ) { text in
        if text.isEmpty { return .some(nil) }
        return Secret(text, bytesMin: secretBytesMin).map { .some($0) }
    }

    static let secretFileSetting = Setting<Secret?>(
        "JWT_SECRET_FILE", default: "", shownDefault: "none",
        expects: "a readable file that begins with a line of at least \(secretBytesMin) bytes, or empty",
        "HS256: where that secret stands when JWT_SECRET is empty."
    ) { path in
        if path.isEmpty { return .some(nil) }
        return SecretFile.read(path, bytesMin: secretBytesMin).map { .some($0) }
    }

    static let publicKeysFileSetting = Setting<[UInt8]?>(
        "JWT_PUBLIC_KEYS_FILE", default: "", shownDefault: "none",
        expects: "a readable file of at most \(publicKeysBytesMax) bytes, or empty for none",
        "RS256: the identity provider's public keys in PEM form, a line \"kid: NAME\" before each that "
            + "tokens name."
    ) { path in
        if path.isEmpty { return .some(nil) }
        return SmallFile.read(path, bytesMax: publicKeysBytesMax).map { .some($0) }
    }

    static let issuerSetting = claimSetting(
        "JWT_ISSUER", shownDefault: "any", "What iss of a token has to be.")

    static let audienceSetting = claimSetting(
        "JWT_AUDIENCE", shownDefault: "none",
        "What aud of a token has to be or contain; without it tokens that have an aud are refused.")

    static let nameClaimSetting = claimSetting(
        "JWT_NAME_CLAIM", shownDefault: "preferred_username, else sub",
        "The claim that holds a person's name.")

    private static func claimSetting(
        _ name: String, shownDefault: String, _ summary: String
    ) -> Setting<String?> {
        Setting<String?>(
            name, default: "", shownDefault: shownDefault,
            expects: "a text of up to \(claimBytesMax) bytes, or empty", summary
        ) { text in
            guard text.utf8.count <= claimBytesMax else { return nil }
            return .some(text.isEmpty ? nil : text)
        }
    }
}
