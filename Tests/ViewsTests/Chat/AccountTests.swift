import LogLine
import Testing

@testable import Views

@Suite("Accounts")
struct AccountTests {
    private func log(_ names: String...) throws -> ChatLog {
        let log = ChatLog()
        for name in names { try log.register(name) }
        return log
    }

    @Test("A registered account is found in any case, and spelled as it was registered")
    func register() throws {
        let log = try log("Alice")
        let account = try #require(log.state.accounts[bytes("aLICE")])
        #expect(account.name == bytes("Alice"))
        #expect(account.passwordHash == bytes("hash of Alice"))
        #expect(account.generation == Offset(1) && account.registered == Offset(1) && !account.isDeleted)
        #expect(account.since.milliseconds == 1_795_156_260_001)
        #expect(log.state.accounts[bytes("bob")] == nil)
    }

    @Test("An account that is printed does not show its hash")
    func description() throws {
        let log = try log("Alice")
        let account = try #require(log.state.accounts[bytes("alice")])
        #expect(String(describing: account) == "Alice at 1")
    }

    @Test("A registration is the documented line")
    func golden() throws {
        let log = try log("Alice")
        let line = String(decoding: log.lines[0], as: UTF8.self)
        #expect(
            line.contains(
                #""channel":"$accounts","kind":"account","key":"account:alice","author":"Alice","#
                    + #""data":{"op":"register","hash":"hash of Alice"}"#))
    }

    @Test("A name is taken in every spelling, and stays so when the account is deleted")
    func taken() throws {
        let log = try log("Alice")
        let again = { try log.state.registration(bytes("ALICE"), passwordHash: bytes("h")) }
        #expect(refusal(again) == .taken("the name is taken"))
        try log.append(log.state.accountDeletion(of: log.actor("alice")))
        #expect(refusal(again) == .taken("the name is taken"))
        #expect(log.state.accounts[bytes("alice")]?.passwordHash == nil)
    }

    @Test("Two registrations of one name that do not know of each other: the log takes the first")
    func race() throws {
        let log = ChatLog()
        let drafts = try [bytes("alice"), bytes("ALICE")].map {
            try log.state.registration($0, passwordHash: bytes("h"))
        }
        try log.append(drafts[0])
        let expected = Draft.Expectation(key: ChatVocabulary.accountKey(bytes("alice")), offset: Offset(1))
        #expect(log.admit(drafts[1]) == .refused(.expectationsUnmet([expected])))
    }

    @Test(
        "A name that is none is refused with its field",
        arguments: ["", "a b", "é", "a/b", "a@b", String(repeating: "x", count: 33)])
    func badNames(name: String) {
        let refusal = refusal { try ChatLog().state.registration(bytes(name), passwordHash: bytes("h")) }
        guard case .invalid(let invalid) = refusal else {
            Issue.record("\(String(describing: refusal))")
            return
        }
        #expect(invalid.field == "name")
    }

    @Test(
        "Whatever makes a new generation signs out everybody who has a token of the old one",
        arguments: ["password", "revoke", "delete", "other"])
    func generations(operation: String) throws {
        let log = try log("alice")
        let old = log.actor("alice")
        #expect(try log.state.knownAccount(old).number == 0)
        try log.write(
            "account", #"{"op":"\#(operation)","hash":"new"}"#, key: "account:alice", author: "alice",
            in: "$accounts")
        #expect(refusal { try log.state.knownAccount(old) } == .signedOut)
        #expect(
            (refusal { try log.state.knownAccount(log.actor("alice")) } == nil) == (operation != "delete"))
    }

    @Test("A password is changed, and a token of a line that was not applied yet is waited for")
    func password() throws {
        let log = try log("alice")
        try log.append(log.state.passwordChange(of: log.actor("alice"), passwordHash: bytes("new")))
        #expect(log.state.accounts[bytes("alice")]?.passwordHash == bytes("new"))
        let ahead = ChatActor.account(bytes("alice"), generation: Offset(9))
        #expect(refusal { try log.state.revocation(of: ahead) } == .behind(Offset(9)))
        try log.append(log.state.revocation(of: log.actor("ALICE")))
        #expect(log.state.accounts[bytes("alice")]?.generation == Offset(3))
    }

    @Test("Accounts are listed by name, by their beginnings and in pages")
    func list() throws {
        let log = try log("bob", "Alice", "alan", "Al", "carol", "a.b")
        let names = { (prefix: String, after: String?, limit: Int) in
            log.state.accounts.list(prefix: bytes(prefix), after: after.map(bytes), limit: limit)
                .map { String(decoding: $0.name, as: UTF8.self) }
        }
        #expect(names("", nil, 10) == ["a.b", "Al", "alan", "Alice", "bob", "carol"])
        #expect(names("AL", nil, 10) == ["Al", "alan", "Alice"])
        #expect(names("al", "ALAN", 10) == ["Alice"])
        #expect(names("", "alb", 2) == ["Alice", "bob"])
        #expect(names("x", nil, 10) == [] && names("", "zz", 10) == [] && names("", nil, 0) == [])
    }

    @Test("Without a secret of the cluster there are no accounts, and names are anybody's")
    func noAccounts() throws {
        let log = ChatLog(allowsAccounts: false)
        #expect(refusal { try log.register("alice") } == .noAccounts)
        #expect(refusal { try log.state.knownAccount(log.actor("alice")) } == .noAccounts)
        let author = try Author(validating: bytes("alice"))
        let draft = Draft(channel: try log.channel("tea"), body: .text(bytes("x")))
        let post = try log.state.post(draft, by: .open(author))
        #expect(post.author == author && post.expectations.isEmpty)
    }

    @Test(
        "A line that is no account's is counted and changes nothing",
        arguments: [
            (#"{"op":"register"}"#, "account:bob", "bob", "$accounts"),
            (#"{"op":"register","hash":"h"}"#, "account:bob", "bob", "accounts"),
            (#"{"op":"register","hash":"h"}"#, "account:eve", "bob", "$accounts"),
            (#"{"op":"register","hash":"h"}"#, "account:bo b", "bo b", "$accounts"),
            (#"{"op":"register","hash":7}"#, "account:bob", "bob", "$accounts"),
            (#"{"op":"register","hash":"h"}"#, "account:alice", "alice", "$accounts"),
            (#"{"op":"password"}"#, "account:alice", "alice", "$accounts"),
            (#"{"op":"delete"}"#, "account:bob", "bob", "$accounts"),
            (#"[]"#, "account:bob", "bob", "$accounts"),
            (#""x""#, "account:alice", "alice", "$accounts"),
        ])
    func malformed(json: String, key: String, author: String, channel: String) throws {
        let log = try log("alice")
        try log.write("account", json, key: key, author: author, in: channel)
        #expect(log.state.skippedLines == 1)
        #expect(log.state.accounts.count == 1)
        #expect(log.state.accounts[bytes("alice")]?.passwordHash == bytes("hash of alice"))
    }

    @Test("A key that was used for something else before is expected where it is")
    func strays() throws {
        let log = ChatLog()
        try log.write("note", "1", key: "account:alice", in: "tea")
        try log.append(
            Draft(
                channel: try log.channel("tea"), key: try Key(validating: bytes("room:tea")),
                body: .text(bytes("hello"))))
        try log.register("alice")
        try log.append(
            log.state.roomCreation(by: log.actor("alice"), channel: log.channel("tea"), title: bytes("Tea")))
        #expect(log.state.accounts[bytes("alice")]?.generation == Offset(3))
        #expect(log.state.rooms[bytes("tea")]?.lastOffset == Offset(4))
    }
}
