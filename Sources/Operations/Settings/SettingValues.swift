/// The texts of a table of settings, from a process' flags and environment: a flag wins over the environment,
/// the environment over the default. An empty environment variable counts as unset where the setting takes no
/// empty value (compose files and charts pass empty ones); an empty flag is a value like any other.
public struct SettingValues: Sendable {
    /// Arguments that are not flags, in order.
    public let positionals: [String]
    private let texts: [String: String]

    /// - Parameters:
    ///   - arguments: without the process' own name.
    ///   - positionalsMax: how many arguments may stand beside the flags.
    public init(
        table: [SettingDescription], arguments: [String], environment: [String: String],
        positionalsMax: Int = 0
    ) throws(SettingsError) {
        let flags = try FlagParser.parse(arguments, table: table, positionalsMax: positionalsMax)
        var texts: [String: String] = [:]
        for setting in table {
            texts[setting.name] = flags.values[setting.name] ?? Self.variable(setting, in: environment)
        }
        self.texts = texts
        positionals = flags.positionals
    }

    /// The typed value. Precondition: the setting stands in the table.
    public func read<Value>(_ setting: Setting<Value>) throws(SettingsError) -> Value {
        let name = setting.description.name
        guard let text = texts[name] else { preconditionFailure("\(name) is not in the table of settings") }
        guard let value = setting.parse(text) else {
            let shown = setting.description.disclosure.shown(text)
            throw SettingsError(
                .invalidValue, name: name,
                "\(name) (\(setting.description.flag)): \(shown) is not \(setting.description.expects)")
        }
        return value
    }

    private static func variable(_ setting: SettingDescription, in environment: [String: String]) -> String {
        guard let text = environment[setting.name] else { return setting.defaultText }
        return text.isEmpty && !setting.accepts("") ? setting.defaultText : text
    }
}
