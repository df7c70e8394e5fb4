import Operations

/// The token that a command speaks with, and where it is from. It is never shown.
struct Credentials {
    /// Nil until the server says whose it is.
    let name: String?
    let token: String
    /// The server under which it is kept; nil: it was given.
    let server: HTTPURL?

    static let options = [
        Arguments.Option(
            name: "token-file", value: "FILE",
            summary: "Holds a token, when that is not in the environment (CHAT_TOKEN) nor kept by login."),
        Arguments.Option(
            name: "as", value: "NAME",
            summary: "Writes under a name that is no account's, without a token (where AUTH is open)."),
    ]

    /// The token of `--token-file`, of `CHAT_TOKEN`, or of the first server at which somebody signed in. Nil:
    /// there is none, or `--as` says to do without.
    static func find(
        _ arguments: Arguments, servers: [HTTPURL]
    ) throws(ChatControl.Failure) -> Credentials? {
        if let path = arguments["token-file"] {
            guard let text = try TokenFile.read(path) else {
                throw ChatControl.Failure("there is no \(path)")
            }
            return try given(text, by: path)
        }
        guard !arguments.has("as") else { return nil }
        if let token = ProcessEnvironment.variables()["CHAT_TOKEN"], !token.isEmpty {
            return try given(token, by: "CHAT_TOKEN")
        }
        for server in servers {
            guard let session = try SessionStore.read(server) else { continue }
            return Credentials(name: session.name, token: session.token, server: server)
        }
        return nil
    }

    private static func given(_ text: String, by source: String) throws(ChatControl.Failure) -> Credentials {
        let token = text.split(separator: "\n").first.map(String.init) ?? ""
        guard TokenText.isValid(token) else {
            throw ChatControl.Failure("\(source) holds no token", code: .badSettings)
        }
        return Credentials(name: nil, token: token, server: nil)
    }

    /// Of a request.
    var field: (name: String, value: String) { ("authorization", "Bearer \(token)") }
}
