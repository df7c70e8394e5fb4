import LogLine
import Testing

@testable import TerminalChat

@Suite("The chat's model")
struct ModelTests {
    private typealias Fixture = ModelFixture

    @Test("It shows its token, subscribes from the position of the conversations, and is live")
    func beginning() throws {
        var fixture = try Fixture()
        #expect(fixture.answers(.conversations, "[]", at: 10).contains(.request(.accounts)))
        fixture.handle(.connection(.catchingUp("pod")))
        #expect(fixture.says(#"{"type":"hello","position":"00000000000000aa:12"}"#) == [.authenticate])
        let effects = fixture.says(#"{"type":"signed_in","name":"alice"}"#)
        #expect(
            effects.sent == [#"{"type":"subscribe","channels":["*","@me"],"after":"00000000000000aa:10"}"#])
        fixture.says(#"{"type":"live","position":"00000000000000aa:12"}"#)
        #expect(fixture.model.connection == .live("pod"))
        #expect(fixture.sees("live pod"))
    }

    @Test("Without an account nothing is shown to the server, and public channels are followed")
    func guest() throws {
        var fixture = try Fixture(account: false)
        fixture.answers(.conversations, "[]", at: 3)
        fixture.handle(.connection(.catchingUp("pod")))
        let effects = fixture.says(#"{"type":"hello","position":"00000000000000aa:3"}"#)
        #expect(effects.sent == [#"{"type":"subscribe","channels":["*"],"after":"00000000000000aa:3"}"#])
        fixture.says(#"{"type":"live","position":"00000000000000aa:3"}"#)
        let sent = fixture.types("hello").sent
        #expect(sent.last?.contains(#""author":"alice""#) == true)
    }

    @Test("Messages show time, offset, author and text, and new ones join")
    func messages() throws {
        var fixture = try Fixture()
        try fixture.begin(page: [Fixture.message(4, "bob", "Hello")])
        fixture.says(Fixture.message(11, "carol", "Good day"))
        #expect(fixture.seen.contains("14:03 4 bob: Hello"))
        #expect(fixture.seen.contains("14:03 11 carol: Good day"))
        #expect(fixture.seen.first?.contains("2026-11-20") == true)
        fixture.says(Fixture.message(11, "carol", "Good day"))
        #expect(fixture.seen.filter { $0.contains("Good day") }.count == 1)
    }

    @Test("An own message is shown at once, sent with an id, and shown once when its line comes")
    func optimistic() throws {
        var fixture = try Fixture()
        try fixture.begin()
        let sent = fixture.types("Hello").sent
        #expect(sent.last == #"{"type":"send","channel":"tea","message_text":"Hello","id":"id-1"}"#)
        #expect(fixture.sees("alice: Hello  (…)"))
        fixture.says(#"{"type":"ack","id":"id-1","offset":11,"epoch":"00000000000000aa"}"#)
        #expect(fixture.sees("alice: Hello") && !fixture.sees("(…)"))
        #expect(!fixture.model.isSettled)
        fixture.says(Fixture.message(11, "alice", "Hello", more: #","id":"id-1""#))
        #expect(fixture.seen.filter { $0.contains("Hello") } == ["14:03 11 alice: Hello"])
        #expect(fixture.model.isSettled)
    }

    @Test("What was not acknowledged is sent again under its id on the next connection, in order")
    func retry() throws {
        var fixture = try Fixture()
        try fixture.begin()
        #expect(fixture.types("one").sent.count == 1 + 1)
        #expect(fixture.types("two").sent.filter { $0.contains("send") }.isEmpty)
        fixture.handle(.connection(.broken(reason: "gone", retry: .seconds(1))))
        #expect(fixture.sees("(…waiting)") && fixture.sees("not connected"))
        fixture.handle(.connection(.catchingUp("other")))
        fixture.says(#"{"type":"hello","position":"00000000000000aa:10"}"#)
        fixture.says(#"{"type":"signed_in","name":"alice"}"#)
        let again = fixture.says(#"{"type":"live","position":"00000000000000aa:10"}"#).sent
        #expect(again.filter { $0.contains(#""id":"id-1""#) }.count == 1)
        #expect(!again.contains { $0.contains("id-2") })
        let next = fixture.says(#"{"type":"ack","id":"id-1","offset":11,"epoch":"00000000000000aa"}"#).sent
        #expect(next.contains { $0.contains(#""id":"id-2""#) && $0.contains("two") })
    }

    @Test("A refused message says why; one that the server wants later is sent then")
    func refused() throws {
        var fixture = try Fixture()
        try fixture.begin()
        fixture.types("hm")
        fixture.says(
            #"{"type":"error","id":"id-1","retry_after":2,"problem":{"status":429,"detail":"too fast"}}"#)
        #expect(fixture.handle(.tick).sent.isEmpty)
        fixture.now += .seconds(3)
        #expect(fixture.handle(.tick).sent.contains { $0.contains("id-1") })
        fixture.says(#"{"type":"error","id":"id-1","problem":{"status":403,"detail":"not here"}}"#)
        #expect(fixture.sees("not sent: not here"))
        #expect(fixture.model.hasRefusals && fixture.model.isSettled)
        fixture.handle(.key(.escape))
        #expect(!fixture.sees("not here"))
    }

    @Test("Edits, deletions and reactions change what is shown, once, whichever comes first")
    func amendments() throws {
        var fixture = try Fixture()
        fixture.answers(.conversations, "[]", at: 10)
        fixture.connect(live: 10)
        // The page is of before the edit, and comes after it.
        fixture.says(Fixture.change(11, "edit", #"{"offset":4,"message_text":"Hallo"}"#))
        let channel = try #require(fixture.model.channel)
        let page = "[\(Fixture.message(4, "bob", "Hello")),\(Fixture.message(5, "bob", "Oops"))]"
        fixture.answers(.page(channel, before: nil, limit: 100), page, at: 10)
        #expect(fixture.sees("bob: Hallo (edited)"))
        fixture.says(Fixture.change(12, "reaction", #"{"offset":4,"emoji":"👍","on":true}"#, author: "carol"))
        #expect(fixture.sees("👍 carol"))
        fixture.says(Fixture.change(13, "reaction", #"{"offset":4,"emoji":"👍","on":false}"#, author: "Carol"))
        #expect(!fixture.sees("👍"))
        fixture.says(Fixture.change(14, "delete", #"{"offset":5}"#))
        #expect(fixture.sees("bob: deleted") && !fixture.sees("Oops"))
    }

    @Test("Commands become writes about the message that is meant")
    func writes() throws {
        var fixture = try Fixture()
        try fixture.begin(page: [Fixture.message(4, "alice", "Hello"), Fixture.message(5, "bob", "Hi")])
        #expect(
            fixture.types("/edit ^ Hallo").sent.last?.contains(#""type":"edit","channel":"tea","offset":4"#)
                == true)
        fixture.says(#"{"type":"ack","id":"id-1","offset":6}"#)
        #expect(fixture.types("/reply 5 yes").sent.last?.contains(#""reply_to":5"#) == true)
        fixture.says(#"{"type":"ack","id":"id-2","offset":7}"#)
        #expect(fixture.types("/react ^ 👍").sent.last?.contains(#""offset":5,"emoji":"👍","on":true"#) == true)
        fixture.says(#"{"type":"ack","id":"id-3","unchanged":true}"#)
        #expect(
            fixture.types("/delete ^").sent.last?.contains(#""type":"delete","channel":"tea","offset":4"#)
                == true)
        #expect(fixture.types("/dm bob") == [.request(.direct("bob"))])
        #expect(fixture.types("/search blue tea") == [.request(.search("blue tea"))])
        #expect(fixture.types("/quit") == [.quit])
        fixture.types("/nonsense")
        #expect(fixture.sees("there is no command /nonsense"))
    }

    @Test("Other conversations' messages are counted, and read when one goes there")
    func unread() throws {
        var fixture = try Fixture()
        try fixture.begin()
        fixture.says(Fixture.message(11, "bob", "one", channel: "coffee"))
        fixture.says(Fixture.message(12, "bob", "for @alice", channel: "coffee"))
        #expect(fixture.sees("unread: #coffee 2!"))
        let effects = fixture.types("/join coffee")
        let coffee = try Channel(validating: Array("coffee".utf8))
        #expect(effects.contains(.request(.page(coffee, before: nil, limit: 100))))
        fixture.now += .seconds(1)
        let read = fixture.answers(
            .page(coffee, before: nil, limit: 100),
            "[\(Fixture.message(11, "bob", "one", channel: "coffee")),"
                + "\(Fixture.message(12, "bob", "for @alice", channel: "coffee"))]", at: 12)
        #expect(read.sent == [#"{"type":"read","channel":"coffee","offset":12}"#])
        #expect(!fixture.sees("unread"))
        #expect(fixture.sees("── new ─"))
    }

    @Test("A read mark of another device takes the count away")
    func readElsewhere() throws {
        var fixture = try Fixture()
        try fixture.begin()
        fixture.says(Fixture.message(11, "bob", "one", channel: "coffee"))
        fixture.says(#"{"type":"read","channel":"coffee","offset":11}"#)
        #expect(!fixture.sees("unread"))
    }

    @Test("Who types is shown for some seconds; one's own typing is said every three")
    func typing() throws {
        var fixture = try Fixture()
        try fixture.begin()
        fixture.says(#"{"type":"typing","channel":"tea","name":"bob"}"#)
        #expect(fixture.sees("bob is typing…"))
        fixture.now += .seconds(7)
        #expect(!fixture.sees("typing"))
        #expect(fixture.handle(.key(.text("h"))).sent == [#"{"type":"typing","channel":"tea"}"#])
        #expect(fixture.handle(.key(.text("e"))).sent.isEmpty)
        fixture.now += .seconds(3)
        #expect(fixture.handle(.key(.text("y"))).sent.count == 1)
    }

    @Test("Page Up shows what is above, and asks for what is older")
    func history() throws {
        var fixture = try Fixture()
        let page = (101...200).map { Fixture.message($0, "bob", "message \($0)") }
        try fixture.begin(page: page, at: 200)
        #expect(fixture.sees("message 200"))
        fixture.handle(.key(.pageUp))
        #expect(!fixture.sees("message 200") && fixture.sees("message 192") && fixture.sees("more below"))
        let before = fixture.seen
        // What comes meanwhile does not move what is read, and is not read.
        #expect(fixture.says(Fixture.message(201, "bob", "new")).sent.isEmpty)
        #expect(fixture.seen.dropLast(2) == before.dropLast(2))
        var asked = [ChatModel.Effect]()
        for _ in 0..<20 where asked.isEmpty { asked = fixture.handle(.key(.pageUp)) }
        let channel = try #require(fixture.model.channel)
        #expect(asked == [.request(.page(channel, before: Offset(101), limit: 100))])
        #expect(fixture.handle(.key(.pageUp)).isEmpty)
        fixture.answers(
            .page(channel, before: Offset(101), limit: 100), "[\(Fixture.message(1, "bob", "the first"))]",
            at: 201)
        fixture.handle(.key(.pageUp))
        #expect(fixture.sees("the first"))
        for _ in 0..<20 { fixture.handle(.key(.pageDown)) }
        #expect(fixture.sees("bob: new") && !fixture.sees("more below"))
    }

    @Test("A log that became another one makes everything start over")
    func reset() throws {
        var fixture = try Fixture()
        try fixture.begin(page: [Fixture.message(4, "bob", "Hello")])
        #expect(fixture.says(#"{"type":"reset","position":"00000000000000bb:1"}"#) == [.restart])
        #expect(!fixture.model.isLoaded && !fixture.sees("Hello"))
    }

    @Test("A token that is refused ends the session")
    func signedOut() throws {
        var fixture = try Fixture()
        fixture.answers(.conversations, "[]", at: 10)
        fixture.handle(.connection(.catchingUp("pod")))
        fixture.says(#"{"type":"hello","position":"00000000000000aa:10"}"#)
        let effects = fixture.says(#"{"type":"error","problem":{"status":401,"detail":"not good any more"}}"#)
        #expect(effects == [.signOut("not good any more")])
        fixture.handle(.connection(.signedOut("not good any more")))
        #expect(fixture.sees("Signed out: not good any more"))
    }

    @Test("A direct conversation is called as the other one, and one is taken there")
    func direct() throws {
        var fixture = try Fixture()
        try fixture.begin()
        fixture.answers(
            .direct("bob"),
            #"{"channel":"@1ecf909041aaa4956722287ddbd27561","type":"direct","title":"","#
                + #""members":[{"name":"Alice","role":"member"},{"name":"bob","role":"member"}]}"#)
        #expect(fixture.sees("@bob"))
    }

    @Test("A hostile name, text, title or reaction shows as text")
    func hostile() throws {
        var fixture = try Fixture()
        try fixture.begin(
            conversations: #"[{"channel":"@room-1","type":"private","title":"\#\u001b[2Jx","unread":2}]"#,
            page: [
                Fixture.message(
                    4, #"b\u001b[31m"#, #"\u001b]0;x\u0007\u009b5n"#,
                    more: #","reactions":{"\u001b[H":["b"]}"#)
            ])
        let scalars = fixture.model.screen(now: fixture.now).rows.flatMap { Array($0.text.unicodeScalars) }
        #expect(!scalars.contains { $0.properties.generalCategory == .control })
        #expect(fixture.sees(#"\u{1b}]0;x\u{7}\u{9b}5n"#))
    }

    @Test("Numbers beyond all bounds are passed over, and counting goes on from the largest there is")
    func numbers() throws {
        var fixture = try Fixture()
        let most = JSONValue.numberMax
        try fixture.begin(
            conversations: #"[{"channel":"coffee","unread":\#(UInt64.max),"mentions":\#(UInt64.max)},"#
                + #"{"channel":"cake","unread":\#(most),"last":{"offset":\#(UInt64.max)}}]"#,
            page: [
                Fixture.message(4, "bob", "Hello"),
                #"{"offset":\#(UInt64.max),"time":"9999-12-31T23:59:59.999Z","message_text":"far"}"#,
                #"{"offset":\#(most),"time":"0000-01-01T00:00:00.000Z","message_text":"near"}"#,
            ])
        fixture.says(Fixture.message(11, "bob", "more", channel: "cake"))
        fixture.says(#"{"type":"bye","retry_ms":\#(UInt64.max)}"#)
        fixture.says(#"{"type":"read","channel":"cake","offset":\#(UInt64.max)}"#)
        #expect(fixture.sees("Hello") && fixture.sees("near") && !fixture.sees("far"))
    }

    @Test("A message that was erased for good shows as deleted, in a page and in the stream")
    func redacted() throws {
        var fixture = try Fixture()
        try fixture.begin(
            page: [
                #"{"offset":4,"time":"2026-11-20T14:03:04.000Z","channel":"tea","#
                    + #""author":"bob","redacted":true}"#
            ])
        #expect(fixture.sees("bob: deleted"))
        fixture.says(
            #"{"offset":11,"time":"2026-11-20T14:03:05.000Z","channel":"tea","author":"carol","#
                + #""redacted":"38bcbcbf","crc":"ddb77cbf"}"#)
        #expect(fixture.sees("carol: deleted"))
    }

    @Test("A screen has as many rows as the terminal and none is wider, whatever its size")
    func sizes() throws {
        var fixture = try Fixture()
        try fixture.begin(page: (1...30).map { Fixture.message($0, "bob日本語", "日本 words and words 😀 \($0)") })
        fixture.handle(.key(.text(String(repeating: "日", count: 100))))
        for (columns, rows) in [(20, 6), (1, 1), (33, 7), (80, 24), (200, 60)] {
            fixture.handle(.resized(columns: columns, rows: rows))
            let screen = fixture.model.screen(now: fixture.now)
            #expect(screen.rows.count == max(6, rows))
            #expect(screen.rows.allSatisfy { $0.cells <= max(20, columns) })
            #expect(screen.cursorColumn < max(20, columns))
        }
    }

    @Test("In a pipe what is said is told line by line")
    func transcript() throws {
        var fixture = try Fixture(transcript: true)
        try fixture.begin(page: [Fixture.message(4, "bob", "Hello")])
        let said = fixture.says(Fixture.message(11, "bob", #"a\nb\u001b[1m"#))
        #expect(said.contains(.say("11 bob: a")) && said.contains(.say(#"11 bob: b\u{1b}[1m"#)))
        #expect(fixture.says(Fixture.message(12, "bob", "elsewhere", channel: "coffee")).sent.isEmpty)
        let meant = fixture.says(Fixture.message(13, "bob", "@alice!", channel: "coffee"))
        #expect(meant.contains(.say("#coffee 13 bob: @alice!")))
    }
}
