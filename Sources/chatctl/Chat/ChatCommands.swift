import Crypto
import EventLoop
import Glibc
import LogLine
import Operations
import TerminalChat

/// `chat`: rooms, direct conversations and history, on a terminal.
enum ChatCommands {
    static let chat = ChatControl.Command(
        name: "chat", usage: "chat [--channel CHANNEL]",
        summary: "Talks: a whole screen on a terminal, lines in a pipe. /help lists the commands.",
        options: [
            Arguments.Option(
                name: "server", value: "URL[,URL…]",
                summary:
                    "Chat-servers; the next one is taken when one is away. Default \(Endpoint.defaultServer)."
            ),
            Arguments.Option(
                name: "channel", value: "CHANNEL",
                summary: "Where to begin; default: where somebody wrote last."),
        ] + Credentials.options
    ) { (arguments) throws(ChatControl.Failure) in
        try arguments.require()
        let servers = try Endpoint.servers(arguments)
        let credentials = try Credentials.find(arguments, servers: servers)
        let options = ChatModel.Options(
            name: credentials?.name ?? arguments["as"], hasAccount: credentials != nil,
            channel: try channel(arguments), idPrefix: HexadecimalBytes.text(SecureRandom.bytes(10)))
        try await talk(options, ChatConnection(servers, credentials, seed: SecureRandom.uint64()))
    }

    @LoopActor
    private static func talk(
        _ given: ChatModel.Options, _ connection: ChatConnection
    ) async throws(ChatControl.Failure) {
        var options = given
        options.secondsFromUTC = secondsFromUTC
        let run = ChatRun(ChatModel(options), connection)
        if let screen = FullScreen(run) { return await run.run(on: screen) }
        options.hasTranscript = true
        let lines = ChatRun(ChatModel(options), connection)
        await lines.run(on: LineDisplay(lines))
        if let reason = lines.signedOutReason {
            throw ChatControl.Failure("signed out: \(Terminal.printable(reason))")
        }
        guard !lines.hasRefusals else { throw ChatControl.Failure("not everything could be sent") }
    }

    private static func channel(_ arguments: Arguments) throws(ChatControl.Failure) -> Channel? {
        guard let text = arguments["channel"] else { return nil }
        let name = text.hasPrefix("#") ? text.dropFirst() : text[...]
        do throws(InvalidField) {
            return try Channel(validating: Array(name.utf8))
        } catch {
            throw ChatControl.Failure(error.detail, code: .badSettings)
        }
    }

    private static var secondsFromUTC: Int {
        var now = time(nil)
        var local = tm()
        localtime_r(&now, &local)
        return local.tm_gmtoff
    }
}
