import EventLoop
import LogLine
import Operations
import Web

/// `login`, `logout`, `register`. Passwords are asked for, never given on the command line, where other
/// people of the machine can read them.
enum AccountCommands {
    static let login = ChatControl.Command(
        name: "login", usage: "login NAME", summary: "Signs in; the token is kept for this user alone.",
        options: [Endpoint.serverOption]
    ) { (arguments) throws(ChatControl.Failure) in
        try arguments.require("a name")
        let server = try Endpoint.server(arguments)
        let password = try PasswordPrompt.ask("Password of \(arguments.positional[0]): ")
        try await enter("/sessions", arguments.positional[0], password, server)
    }

    static let register = ChatControl.Command(
        name: "register", usage: "register NAME", summary: "Makes an account, and signs in.",
        options: [Endpoint.serverOption]
    ) { (arguments) throws(ChatControl.Failure) in
        try arguments.require("a name")
        let server = try Endpoint.server(arguments)
        let password = try PasswordPrompt.ask("Password for \(arguments.positional[0]): ")
        let again = try PasswordPrompt.ask("The same again: ")
        guard password.utf8.elementsEqual(again.utf8) else {
            throw ChatControl.Failure("the two passwords differ")
        }
        try await enter("/accounts", arguments.positional[0], password, server)
    }

    static let logout = ChatControl.Command(
        name: "logout", usage: "logout", summary: "Forgets the token that login has kept.",
        options: [
            Endpoint.serverOption,
            Arguments.Option(
                name: "everywhere", value: nil, summary: "Also ends all other sign-ins of the account."),
        ]
    ) { (arguments) throws(ChatControl.Failure) in
        try arguments.require()
        let server = try Endpoint.server(arguments)
        if arguments.has("everywhere"), let session = try SessionStore.read(server) {
            let credentials = Credentials(name: session.name, token: session.token, server: server)
            _ = try await Endpoint(server, [credentials.field]).answer(ClientRequest(.delete, "/sessions"))
        }
        let wasThere = try SessionStore.remove(server)
        Terminal.say(wasThere ? "signed out of \(server)" : "nobody was signed in at \(server)")
    }

    /// Asks for a token and keeps it.
    @LoopActor
    private static func enter(
        _ path: String, _ name: String, _ password: String, _ server: HTTPURL
    ) async throws(ChatControl.Failure) {
        let body = ByteBuffer()
        body.append("{\"name\":")
        body.appendJSONString(Array(name.utf8))
        body.append(",\"password\":")
        body.appendJSONString(Array(password.utf8))
        body.append("}")
        let answer = try await Endpoint(server, []).answer(
            ClientRequest(.post, path, body: body.takeSlice()))
        let session: SessionStore.Session
        do throws(InvalidField) {
            session = try SessionStore.session(answer.pointer)
        } catch {
            throw ChatControl.Failure("\(server) answers without a token: \(error.detail)")
        }
        try SessionStore.write(session, of: server)
        Terminal.say(Terminal.printable("signed in at \(server) as \(session.name) until \(session.expires)"))
    }
}
