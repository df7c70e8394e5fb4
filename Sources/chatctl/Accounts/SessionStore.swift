import Glibc
import LogLine
import Operations
import Web

/// Who is signed in where: a file for each server, which only its owner may read, under
/// `$XDG_CONFIG_HOME/chat-cluster/` or `~/.config/chat-cluster/`.
///
/// A file holds one JSON object: `server`, `name`, `token`, `expires`. It is written beside its place and put
/// there at once; one that others may read is not used.
enum SessionStore {
    struct Session {
        let name: String
        let token: String
        let expires: String
    }

    /// Nil: nobody is signed in there.
    static func read(_ server: HTTPURL) throws(ChatControl.Failure) -> Session? {
        let path = try path(of: server)
        guard let text = try TokenFile.read(path, flags: O_NOFOLLOW) else { return nil }
        let bytes = ByteSlice(Array(text.utf8))
        defer { withExtendedLifetime(bytes) {} }
        do throws(InvalidField) {
            return try session(bytes.pointer)
        } catch {
            throw ChatControl.Failure("\(path): \(error.detail); sign in anew")
        }
    }

    /// From the answer to a sign-in.
    static func session(_ json: UnsafeRawBufferPointer) throws(InvalidField) -> Session {
        var members = ["name": "", "token": "", "expires": ""]
        var reader = JSONReader(json)
        try reader.beginObject(field: nil)
        while let key = try reader.nextKey() {
            let name = String(decoding: key, as: UTF8.self)
            guard members[name] != nil else {
                _ = try reader.skipValue(field: nil)
                continue
            }
            members[name] = String(decoding: try reader.string(field: name), as: UTF8.self)
        }
        try reader.end()
        let session = Session(
            name: members["name"] ?? "", token: members["token"] ?? "", expires: members["expires"] ?? "")
        guard !session.name.isEmpty, TokenText.isValid(session.token) else {
            throw InvalidField(field: "token", detail: "there is no name and token")
        }
        return session
    }

    static func write(_ session: Session, of server: HTTPURL) throws(ChatControl.Failure) {
        let directory = try directory()
        try makeDirectories(directory)
        let path = try path(of: server)
        let temporary = "\(path).\(getpid())"
        unlink(temporary)
        guard SmallFile.create(temporary, text(of: session, server)) else {
            throw ChatControl.Failure("cannot write \(temporary): \(reason)")
        }
        guard rename(temporary, path) == 0 else {
            let reason = reason
            unlink(temporary)
            throw ChatControl.Failure("cannot write \(path): \(reason)")
        }
    }

    /// Forgets a token that is good no more; one that came in its place meanwhile stays.
    static func forget(_ token: String, of server: HTTPURL) throws(ChatControl.Failure) {
        guard let session = try read(server), session.token == token else { return }
        _ = try remove(server)
    }

    /// False: there was none.
    static func remove(_ server: HTTPURL) throws(ChatControl.Failure) -> Bool {
        unlink(try path(of: server)) == 0
    }

    static func path(of server: HTTPURL) throws(ChatControl.Failure) -> String {
        "\(try directory())/\(PathEncoding.encode(segment: Array(server.description.utf8))).json"
    }

    // MARK: Private

    private static func directory() throws(ChatControl.Failure) -> String {
        let variables = ProcessEnvironment.variables()
        if let base = variables["XDG_CONFIG_HOME"], base.hasPrefix("/") { return "\(base)/chat-cluster" }
        guard let home = variables["HOME"], home.hasPrefix("/") else {
            throw ChatControl.Failure("neither XDG_CONFIG_HOME nor HOME says where to keep the token")
        }
        return "\(home)/.config/chat-cluster"
    }

    /// Those that are made are for their owner alone (XDG Base Directory Specification).
    private static func makeDirectories(_ path: String) throws(ChatControl.Failure) {
        var made = ""
        for part in path.split(separator: "/") {
            made += "/\(part)"
            guard mkdir(made, 0o700) == 0 || errno == EEXIST else {
                throw ChatControl.Failure("cannot make \(made): \(reason)")
            }
        }
    }

    private static func text(of session: Session, _ server: HTTPURL) -> String {
        let out = ByteBuffer()
        out.append("{")
        let members = [
            ("server", server.description), ("name", session.name), ("token", session.token),
            ("expires", session.expires),
        ]
        for (place, (name, value)) in members.enumerated() {
            out.append(utf8: "\(place > 0 ? "," : "")\"\(name)\":")
            out.appendJSONString(Array(value.utf8))
        }
        out.append("}\n")
        return out.text
    }

    private static var reason: String { String(cString: strerror(errno)) }
}

/// What a token is made of: it goes into a header as it is.
enum TokenText {
    private static let bytesMax = 8_192

    static func isValid(_ token: String) -> Bool {
        !token.isEmpty && token.utf8.count <= bytesMax && token.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }
}
