import LogLine
import Testing

@testable import TerminalChat

/// A model with a server that the test plays.
struct ModelFixture {
    var model: ChatModel
    var now = Duration.seconds(100)
    static let epoch = "00000000000000aa"

    init(account: Bool = true, channel: String? = "tea", transcript: Bool = false) throws {
        var options = ChatModel.Options(
            name: "alice", hasAccount: account,
            channel: try channel.map { try Channel(validating: Array($0.utf8)) }, idPrefix: "id")
        options.hasTranscript = transcript
        model = ChatModel(options)
        do { _ = handle(.resized(columns: 60, rows: 12)) }
    }

    @discardableResult
    mutating func handle(_ event: ChatModel.Event) -> [ChatModel.Effect] { model.handle(event, now: now) }

    @discardableResult
    mutating func says(_ text: String) -> [ChatModel.Effect] { handle(.received(Array(text.utf8))) }

    @discardableResult
    mutating func types(_ text: String) -> [ChatModel.Effect] {
        handle(.key(.text(text))) + handle(.key(.enter))
    }

    @discardableResult
    mutating func answers(_ request: ChatRequest, _ body: String, at offset: UInt64 = 0) -> [ChatModel.Effect]
    {
        let position = Position("\(ModelFixture.epoch):\(offset)")
        return handle(.answered(request, .success(.init(body: Array(body.utf8), position: position))))
    }

    /// Conversations, the page of the channel, the socket up to `live`.
    mutating func begin(
        conversations: String = "[]", page: [String] = [], at offset: UInt64 = 10
    ) throws {
        answers(.conversations, conversations, at: offset)
        connect(live: offset)
        let channel = try #require(model.channel)
        answers(
            .page(channel, before: nil, limit: ChatModel.pageMessages), "[\(page.joined(separator: ","))]",
            at: offset)
    }

    mutating func connect(live offset: UInt64) {
        handle(.connection(.catchingUp("pod")))
        says(#"{"type":"hello","position":"\#(ModelFixture.epoch):\#(offset)"}"#)
        says(#"{"type":"signed_in","name":"alice"}"#)
        says(#"{"type":"live","position":"\#(ModelFixture.epoch):\#(offset)"}"#)
    }

    static func message(
        _ offset: Int, _ author: String, _ text: String, channel: String = "tea", more: String = ""
    ) -> String {
        """
        {"offset":\(offset),"time":"2026-11-20T14:03:0\(offset % 10).000Z","channel":"\(channel)",\
        "author":"\(author)","message_text":"\(text)"\(more)}
        """
    }

    static func change(_ offset: Int, _ kind: String, _ data: String, author: String = "bob") -> String {
        """
        {"offset":\(offset),"time":"2026-11-20T14:04:00.000Z","channel":"tea","kind":"\(kind)",\
        "author":"\(author)","data":\(data)}
        """
    }

    /// What is seen, without empty rows.
    var seen: [String] { model.screen(now: now).rows.map(\.text).filter { !$0.allSatisfy { $0 == " " } } }

    func sees(_ text: String) -> Bool { seen.contains { $0.contains(text) } }
}

extension [ChatModel.Effect] {
    /// What is sent on the socket.
    var sent: [String] {
        compactMap { effect in
            guard case .send(let bytes) = effect else { return nil }
            return String(decoding: bytes, as: UTF8.self)
        }
    }
}
