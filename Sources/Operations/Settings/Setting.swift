/// One setting: an environment variable that is also a flag (`DATA_DIR` is `--data-dir`).
public struct Setting<Value: Sendable>: Sendable {
    public let description: SettingDescription
    /// Nil when the text is not a value of this setting.
    let parse: @Sendable (String) -> Value?

    public init(
        _ name: String, default defaultText: String, shownDefault: String? = nil, expects: String,
        disclosure: SettingDisclosure = .whole, _ summary: String,
        parse: @escaping @Sendable (String) -> Value?
    ) {
        description = SettingDescription(
            name: name, defaultText: defaultText, shownDefault: shownDefault ?? defaultText, expects: expects,
            summary: summary, disclosure: disclosure, isSwitch: Value.self == Bool.self,
            accepts: { parse($0) != nil })
        self.parse = parse
    }
}

/// What `--help` and error messages say of a setting, whatever the type of its value.
public struct SettingDescription: Sendable {
    /// As an environment variable: `DATA_DIR`.
    public let name: String
    public let defaultText: String
    /// The default as `--help` shows it.
    public let shownDefault: String
    /// What a value is: "a port, 0 to 65535".
    public let expects: String
    public let summary: String
    /// How much of its value may be printed.
    public let disclosure: SettingDisclosure
    /// The flag alone means `true`; another value needs `--flag=value`.
    public let isSwitch: Bool
    let accepts: @Sendable (String) -> Bool

    /// `DATA_DIR` is `--data-dir`.
    public var flag: String {
        "--" + String(name.map { $0 == "_" ? "-" : Character($0.lowercased()) })
    }
}

/// How much of a setting's value may be printed.
public enum SettingDisclosure: Sendable {
    case whole
    /// A URL: all but what stands between scheme and host.
    case withoutCredentials
    case lengthOnly

    func shown(_ text: String) -> String {
        switch self {
        case .whole: Quoted.text(text)
        case .withoutCredentials: Quoted.text(RedisURL.redacted(text))
        case .lengthOnly: "a value of \(text.utf8.count) bytes"
        }
    }
}
