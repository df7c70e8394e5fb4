/// What a process' arguments ask for.
public enum SettingsRequest<Settings: Sendable>: Sendable {
    case run(Settings)
    /// Put this question to the service that runs with these settings, and exit with its answer.
    case ask(Probe, Settings)
    /// Print this text (the help or the version) to stdout and exit with 0.
    case show(String)
}

/// A service's settings: a table, and how to read it.
public protocol ServiceSettings: Sendable {
    /// The executable's name, for `--help`.
    static var service: String { get }
    /// One sentence for `--help`.
    static var summary: String { get }
    static var table: [SettingDescription] { get }
    var common: CommonSettings { get }
    init(_ values: SettingValues) throws(SettingsError)
}

extension ServiceSettings {
    /// - Parameter arguments: without the process' own name.
    public static func parse(
        arguments: [String], environment: [String: String]
    ) throws(SettingsError) -> SettingsRequest<Self> {
        if arguments.contains("--help") || arguments.contains("-h") { return .show(help) }
        if arguments.contains("--version") { return .show("\(service) \(Version.current)\n") }
        var arguments = arguments
        let probe = Probe.take(from: &arguments)
        let values = try SettingValues(table: table, arguments: arguments, environment: environment)
        let settings = try Self(values)
        return probe.map { .ask($0, settings) } ?? .run(settings)
    }

    /// All settings with flag, default and meaning.
    public static var help: String {
        SettingsHelp.text(service: service, summary: summary, table: table)
    }
}

/// Lays a table of settings out for `--help`.
public enum SettingsHelp {
    public static func text(service: String, summary: String, table: [SettingDescription]) -> String {
        var text = """
            \(service) \(Version.current): \(summary)

            Usage: \(service) [--setting value]...

            Every setting is an environment variable and a flag; the flag wins. Durations are 250ms, 5s, 1m,
            1h, 1d (a bare number is seconds), sizes bytes or 64KiB, 64MiB, 1GiB.


            """
        text += settings(table)
        for probe in Probe.allCases { text += "  \(probe.flag)\n      \(probe.summary)\n" }
        text += "  --help\n      Show this text.\n  --version\n      Show the version.\n"
        return text
    }

    /// The table alone.
    public static func settings(_ table: [SettingDescription]) -> String {
        table.map { setting in
            let shown = setting.shownDefault.isEmpty ? "empty" : setting.shownDefault
            return "  \(setting.name), \(setting.flag)  (default: \(shown))\n"
                + wrapped("\(setting.summary) Takes \(setting.expects).")
        }.joined()
    }

    /// Words in lines of at most 96 bytes (longer words stand alone), indented.
    private static func wrapped(_ text: String) -> String {
        var lines: [String] = []
        for word in text.split(separator: " ") {
            if let last = lines.last, last.utf8.count + word.utf8.count < 96 {
                lines[lines.count - 1] += " " + word
            } else {
                lines.append(String(word))
            }
        }
        return lines.map { "      \($0)\n" }.joined()
    }
}
