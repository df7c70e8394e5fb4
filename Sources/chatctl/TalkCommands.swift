import EventLoop
import LogLine
import Replication
import TerminalChat
import Web

/// `send`, `messages`, `tail`.
enum TalkCommands {
    private static let jsonOption = Arguments.Option(
        name: "json", value: nil, summary: "Shows the lines as they stand in the log.")

    static let send = ChatControl.Command(
        name: "send", usage: "send CHANNEL TEXT", summary: "Sends a message and shows its offset.",
        options: Endpoint.talkOptions + [
            Arguments.Option(name: "author", value: "NAME", summary: "The same as --as."),
            Arguments.Option(name: "id", value: "ID", summary: "Makes a retry safe."),
        ]
    ) { (arguments) throws(ChatControl.Failure) in
        try arguments.require("a channel", "a text")
        let channel = PathEncoding.encode(segment: Array(arguments.positional[0].utf8))
        let answer = try await Endpoint.talking(arguments).answer(
            ClientRequest(.post, "/messages/\(channel)", body: body(arguments)))
        Terminal.say(Terminal.printable(answer.text.trimmingNewline))
    }

    static let messages = ChatControl.Command(
        name: "messages", usage: "messages [CHANNEL]", summary: "Shows the newest messages, oldest first.",
        options: Endpoint.talkOptions + [
            jsonOption, Arguments.Option(name: "last", value: "N", summary: "How many; default 100."),
        ]
    ) { (arguments) throws(ChatControl.Failure) in
        guard arguments.positional.count <= 1 else { return try arguments.require("at most one channel") }
        let last = try arguments.integer("last", in: 1...10_000, default: 100)
        let channel =
            arguments.positional.first.map { "/" + PathEncoding.encode(segment: Array($0.utf8)) } ?? ""
        let answer = try await Endpoint.talking(arguments).answer(
            ClientRequest(.get, "/messages\(channel)?last=\(last)", fields: [("accept", MediaType.ndjson)]))
        for line in answer.text.split(separator: "\n") { show(line, asJSON: arguments.has("json")) }
    }

    static let tail = ChatControl.Command(
        name: "tail", usage: "tail [CHANNEL]", summary: "Shows messages as they come, until Ctrl-C.",
        options: Endpoint.talkOptions + [jsonOption]
    ) { (arguments) throws(ChatControl.Failure) in
        let server = try Endpoint.server(arguments)
        let endpoint = try Endpoint.talking(arguments)
        let credentials = try Credentials.find(arguments, servers: [server])
        guard credentials == nil, !endpoint.fields.isEmpty else {
            throw await StreamTail(server, credentials, arguments).run()
        }
        let state = try await ServiceState.read(endpoint)
        let tail = TailPrinter(channel: arguments.positional.first, asJSON: arguments.has("json"))
        throw await tail.run(endpoint, after: state.offset)
    }

    private static func body(_ arguments: Arguments) -> ByteSlice {
        let buffer = ByteBuffer()
        buffer.append("{\"message_text\":")
        buffer.appendJSONString(Array(arguments.positional[1].utf8))
        for (name, value) in [("author", arguments["as"] ?? arguments["author"]), ("id", arguments["id"])] {
            guard let value else { continue }
            buffer.append(utf8: ",\"\(name)\":")
            buffer.appendJSONString(Array(value.utf8))
        }
        buffer.append("}")
        return buffer.takeSlice()
    }

    /// Shows a message, as readers see it now; what is none is passed over.
    static func show(_ line: some StringProtocol, asJSON: Bool, channel wanted: String? = nil) {
        guard let message = Array(line.utf8).withUnsafeBytes({ MessageLine($0) }) else { return }
        if let wanted, !message.channel.elementsEqual(wanted.utf8) { return }
        // For programs as it is; JSON may hold U+009B, which begins a terminal's sequences.
        if asJSON {
            return Terminal.say(Terminal.isInteractive ? Terminal.printable(String(line)) : String(line))
        }
        Terminal.say(Terminal.printable(message.text))
    }
}

/// Shows a live tail.
@LoopActor
private final class TailPrinter: ResponseConsumer {
    private let channel: String?
    private let asJSON: Bool
    private let partial = ByteBuffer()
    private var status = 0
    private var continuation: CheckedContinuation<ChatControl.Failure, Never>?

    init(channel: String?, asJSON: Bool) {
        self.channel = channel
        self.asJSON = asJSON
    }

    /// Returns only when the tail has ended.
    func run(_ endpoint: Endpoint, after offset: Offset) async -> ChatControl.Failure {
        await withCheckedContinuation { continuation in
            self.continuation = continuation
            endpoint.client.send(
                ClientRequest(.get, "/log/tail?after=\(offset)", fields: endpoint.fields), self)
        }
    }

    func received(_ head: ResponseHead) { status = head.status }

    func received(body bytes: UnsafeRawBufferPointer) {
        partial.append(bytes)
        guard status == 200 else { return }
        var splitter = LineSplitter(partial.pointer)
        while let range = splitter.next() {
            guard !range.isEmpty else { continue }
            TalkCommands.show(
                String(decoding: partial.pointer[range], as: UTF8.self), asJSON: asJSON, channel: channel)
        }
        partial.consume(splitter.consumed)
    }

    func ended() {
        end(
            status == 200
                ? ChatControl.Failure("the tail has ended") : Endpoint.failure(status, partial.pointer))
    }

    func failed(_ error: ClientError) { end(ChatControl.Failure(error.message)) }

    private func end(_ failure: ChatControl.Failure) {
        continuation?.resume(returning: failure)
        continuation = nil
    }
}

extension String {
    var trimmingNewline: String { hasSuffix("\n") ? String(dropLast()) : self }
}
