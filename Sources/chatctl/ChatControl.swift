import EventLoop
import Glibc
import Operations

/// The command-line tool: finds the subcommand, runs it on the loop, exits with its code.
enum ChatControl {
    /// What a subcommand ends with.
    struct Failure: Error {
        let code: ServiceProcess.ExitCode
        let message: String

        init(_ message: String, code: ServiceProcess.ExitCode = .failed) {
            self.code = code
            self.message = message
        }
    }

    struct Command {
        let name: String
        let usage: String
        let summary: String
        let options: [Arguments.Option]
        let run: @LoopActor (Arguments) async throws(Failure) -> Void
    }

    static let commands: [Command] =
        [
            UpCommand.command, ChatCommands.chat, AccountCommands.login, AccountCommands.logout,
            AccountCommands.register, TalkCommands.send, TalkCommands.messages, TalkCommands.tail,
            StatusCommand.command, VerifyCommand.command, ProbeCommand.command, LogCommands.check,
            LogCommands.repair, LogCommands.restore, RedactCommand.command, ReplicasCommand.command,
        ] + KeyValueCommands.all
        + [WorkloadCommand.randomWalk, QuorumCommand.command, ScalingCommand.command]

    static func run() -> Never {
        let words = Array(CommandLine.arguments.dropFirst())
        guard let first = words.first, first != "help", first != "--help", first != "-h" else {
            ServiceProcess.exit(words.isEmpty ? .badSettings : .done, saying: help)
        }
        if first == "--version" { ServiceProcess.exit(.done, saying: "chatctl \(Version.current)\n") }
        guard
            let command = commands.first(where: {
                words.starts(with: $0.name.split(separator: " ").map(String.init))
            })
        else {
            ServiceProcess.exit(.badSettings, saying: "chatctl: there is no command '\(first)'\n\n\(help)")
        }
        run(command, Array(words.dropFirst(command.name.split(separator: " ").count)))
    }

    private static func run(_ command: Command, _ words: [String]) -> Never {
        if words.contains("--help") { ServiceProcess.exit(.done, saying: help(command)) }
        let arguments: Arguments
        do throws(Failure) {
            arguments = try Arguments(words, options: command.options)
        } catch {
            ServiceProcess.exit(error.code, saying: "chatctl \(command.name): \(error.message)\n")
        }
        EventLoop.shared.run {
            EventLoop.shared.task {
                do throws(Failure) {
                    try await command.run(arguments)
                    ServiceProcess.exit(.done)
                } catch {
                    ServiceProcess.exit(error.code, saying: "chatctl \(command.name): \(error.message)\n")
                }
            }
        }
        ServiceProcess.exit(.done)
    }

    // MARK: Help

    private static var help: String {
        var text = "chatctl \(Version.current): starts, uses and looks after a chat cluster.\n\n"
        for command in commands { text += "  chatctl \(command.usage)\n      \(command.summary)\n" }
        return text + "\n  chatctl COMMAND --help shows a command's options.\n"
    }

    private static func help(_ command: Command) -> String {
        var text = "chatctl \(command.usage)\n    \(command.summary)\n"
        for option in command.options {
            text += "\n  --\(option.name)\(option.value.map { " \($0)" } ?? "")\n      \(option.summary)\n"
        }
        return text
    }
}
