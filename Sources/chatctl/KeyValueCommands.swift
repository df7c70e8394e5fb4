import EventLoop
import LogLine
import Replication
import Web

/// `kv get|put|delete|list`, `counter`.
enum KeyValueCommands {
    private static let shared = [Endpoint.urlOption, Endpoint.secretOption]
    private static let conditions = [
        Arguments.Option(
            name: "if-match", value: "OFFSET",
            summary: "Only if the key's newest line is this one; 0: if it has no value."),
        Arguments.Option(name: "if-absent", value: nil, summary: "Only if the key has no value."),
    ]

    static let get = ChatControl.Command(
        name: "kv get", usage: "kv get KEY", summary: "Shows a key's value.", options: shared
    ) { (arguments) throws(ChatControl.Failure) in
        try arguments.require("a key")
        try await show(ClientRequest(.get, path("/kv", arguments)), arguments)
    }

    static let put = ChatControl.Command(
        name: "kv put", usage: "kv put KEY JSON", summary: "Sets a key's value and shows its offset.",
        options: shared + conditions
    ) { (arguments) throws(ChatControl.Failure) in
        try arguments.require("a key", "a value")
        let value = ByteSlice(Array(arguments.positional[1].utf8))
        try await show(
            ClientRequest(.put, path("/kv", arguments), fields: try fields(arguments), body: value),
            arguments)
    }

    static let delete = ChatControl.Command(
        name: "kv delete", usage: "kv delete KEY", summary: "Deletes a key.", options: shared + conditions
    ) { (arguments) throws(ChatControl.Failure) in
        try arguments.require("a key")
        try await show(
            ClientRequest(.delete, path("/kv", arguments), fields: try fields(arguments)), arguments)
    }

    static let list = ChatControl.Command(
        name: "kv list", usage: "kv list [PREFIX]",
        summary: "Shows all keys with their values, one a line, in the order of their bytes.", options: shared
    ) { (arguments) throws(ChatControl.Failure) in
        guard arguments.positional.count <= 1 else { return try arguments.require("at most one prefix") }
        let endpoint = try Endpoint(arguments)
        let prefix = PathEncoding.encode(segment: Array((arguments.positional.first ?? "").utf8))
        var query: String? = "?prefix=\(prefix)"
        while let page = query {
            let (head, body) = try await endpoint.response(to: ClientRequest(.get, "/kv\(page)"))
            for line in body.text.split(separator: "\n") where line != "[]" { Terminal.say(item(line)) }
            query = next(head)
        }
    }

    static let counter = ChatControl.Command(
        name: "counter", usage: "counter NAME [N]",
        summary: "Shows what a counter stands at, or adds N and shows what it stands at then.",
        options: shared + [Arguments.Option(name: "id", value: "ID", summary: "Makes a retry safe.")]
    ) { (arguments) throws(ChatControl.Failure) in
        guard (1...2).contains(arguments.positional.count) else {
            return try arguments.require("a name", "a number")
        }
        let target = path("/counters", arguments)
        guard let text = arguments.positional.dropFirst().first else {
            return try await show(ClientRequest(.get, target), arguments)
        }
        try await show(ClientRequest(.post, target, body: try addition(text, arguments)), arguments)
    }

    static let all = [get, put, delete, list, counter]

    // MARK: Private

    @LoopActor
    private static func show(
        _ request: ClientRequest, _ arguments: Arguments
    ) async throws(ChatControl.Failure) {
        let answer = try await Endpoint(arguments).answer(request)
        Terminal.say(Terminal.printable(answer.text.trimmingNewline))
    }

    private static func path(_ root: String, _ arguments: Arguments) -> String {
        "\(root)/\(PathEncoding.encode(segment: Array(arguments.positional[0].utf8)))"
    }

    private static func fields(
        _ arguments: Arguments
    ) throws(ChatControl.Failure) -> [(name: String, value: String)] {
        guard let text = arguments["if-match"] else {
            return arguments.has("if-absent") ? [("if-none-match", "*")] : []
        }
        guard !arguments.has("if-absent") else {
            throw ChatControl.Failure("--if-match and --if-absent do not go together", code: .badSettings)
        }
        guard let offset = Offset(decimal: text) else {
            throw ChatControl.Failure("--if-match is '\(text)'; it takes an offset", code: .badSettings)
        }
        return [("if-match", "\"\(offset)\"")]
    }

    private static func addition(
        _ text: String, _ arguments: Arguments
    ) throws(ChatControl.Failure) -> ByteSlice {
        guard let amount = Int64(text) else {
            throw ChatControl.Failure("'\(text)' is no whole number", code: .badSettings)
        }
        let buffer = ByteBuffer()
        buffer.append(utf8: "{\"add\":\(amount)")
        if let id = arguments["id"] {
            buffer.append(",\"id\":")
            buffer.appendJSONString(Array(id.utf8))
        }
        buffer.append("}")
        return buffer.takeSlice()
    }

    /// One element of the list, which has a line to itself, without what stands around it. No value holds a
    /// raw newline.
    private static func item(_ line: Substring) -> String {
        var item = line
        if item.hasPrefix("[") { item.removeFirst() }
        if item.hasSuffix("]") || item.hasSuffix(",") { item.removeLast() }
        return Terminal.printable(String(item))
    }

    /// The query of `Link: <?prefix=…>; rel="next"`.
    private static func next(_ head: ResponseHead) -> String? {
        guard let link = head.header("link"), link.hasPrefix("<?"), let end = link.firstIndex(of: ">") else {
            return nil
        }
        return String(link[link.index(after: link.startIndex)..<end])
    }
}
