/// Who may write, and how people prove who they are.
public struct AccountSettings: Sendable {
    public enum Authentication: String, CaseIterable, Sendable {
        /// Anybody may write under a name that is no account's.
        case open
        /// Only who is signed in may read and write.
        case required
    }

    public let authentication: Authentication
    /// How long the tokens that the service hands out are good: whole seconds.
    public let tokenLifetime: Duration
    /// Nil: no other tokens than the service's own are taken.
    public let identityProvider: IdentityProviderSettings?

    init(_ values: SettingValues, clusterSecret: Secret?) throws(SettingsError) {
        authentication = try values.read(Self.authenticationSetting)
        tokenLifetime = try values.read(Self.tokenLifetimeSetting)
        identityProvider = try IdentityProviderSettings.read(values)
        guard authentication == .open || clusterSecret != nil || identityProvider != nil else {
            throw SettingsError(
                .contradiction, name: "AUTH",
                "AUTH (--auth): required needs CLUSTER_SECRET (for accounts) or JWT_ALGORITHM (for tokens of "
                    + "an identity provider): nobody could sign in")
        }
        if case .hs256(let secret) = identityProvider?.key, secret == clusterSecret {
            throw SettingsError(
                .contradiction, name: "JWT_SECRET",
                "JWT_SECRET (--jwt-secret): must not be the CLUSTER_SECRET, which the identity provider "
                    + "would then know")
        }
    }

    static let table =
        [authenticationSetting.description, tokenLifetimeSetting.description] + IdentityProviderSettings.table

    static let tokenLifetimeRange = Duration.seconds(60)...(.seconds(3650 * 86_400))
}

extension AccountSettings {
    static let authenticationSetting = Setting(
        "AUTH", default: "open", expects: Choice.expects(Authentication.self),
        "open: anybody may write under a name that is no account's; required: only who is signed in.",
        parse: Authentication.init(rawValue:))

    static let tokenLifetimeSetting = Setting(
        "TOKEN_LIFETIME", default: "30d", expects: "a duration of whole seconds, 1m to 3650d",
        "How long a sign-in lasts."
    ) { text in
        SettingNumber.duration(text, in: tokenLifetimeRange).flatMap {
            $0.components.attoseconds == 0 ? $0 : nil
        }
    }
}
