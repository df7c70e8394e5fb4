import EventLoop
import Operations

extension ServiceProcess {
    /// The settings of a service that is being started, and its diagnostic log. Where the arguments ask for
    /// something else (the help, a probe) or a setting is bad, the process ends with the answer. Comes first.
    public static func start<Settings: ServiceSettings>(
        _ type: Settings.Type
    ) -> (settings: Settings, log: DiagnosticLog) {
        endAtSignals()
        DescriptorLimit.raise()
        let settings = parse(type)
        let log = DiagnosticLog(
            service: Settings.service, level: settings.common.logLevel, format: settings.common.logFormat)
        return (settings, log)
    }

    /// Ends a process that cannot listen: with the code for bad settings when it is because of `HOST`.
    public static func exit(
        notServing error: SocketError, _ settings: CommonSettings, _ log: DiagnosticLog
    ) -> Never {
        guard error.code == .unresolvable else {
            log.error("cannot serve", ["reason": .init(error)])
            exit(.failed)
        }
        log.error("HOST cannot be resolved", ["host": .init(settings.host), "reason": .init(error)])
        exit(.badSettings)
    }

    private static func parse<Settings: ServiceSettings>(_ type: Settings.Type) -> Settings {
        do {
            let request = try Settings.parse(
                arguments: Array(CommandLine.arguments.dropFirst()),
                environment: ProcessEnvironment.variables())
            switch request {
            case .run(let settings): return settings
            case .ask(let probe, let settings): SelfProbe.run(probe, of: settings.common)
            case .show(let text): exit(.done, saying: text)
            }
        } catch {
            exit(.badSettings, saying: "\(Settings.service): \(error)\n")
        }
    }
}
