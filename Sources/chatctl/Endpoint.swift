import EventLoop
import Glibc
import LogLine
import Operations
import Replication
import Web

/// A service that the tool talks to.
@LoopActor
struct Endpoint {
    let url: HTTPURL
    let client: HTTPClient
    private(set) var fields: [(name: String, value: String)]
    /// A file that nobody named, whose secret is sent.
    private var foundSecret: String?

    nonisolated static let urlOption = Arguments.Option(
        name: "url", value: "URL", summary: "Of a chat-server; default \(defaultServer).")
    nonisolated static let secretOption = Arguments.Option(
        name: "secret-file", value: "FILE",
        summary:
            "Holds the CLUSTER_SECRET, when that is not in the environment; default $CLUSTER_SECRET_FILE, or "
            + "\(defaultSecretFile) for services on this machine.")
    nonisolated static let serverOption = Arguments.Option(
        name: "server", value: "URL", summary: "A chat-server; default \(defaultServer).")
    /// Of what talks: `--server` and, as before, `--url`.
    nonisolated static let talkOptions = [serverOption, urlOption, secretOption] + Credentials.options
    nonisolated static let defaultServer = "http://127.0.0.1:8000"
    /// Where `chatctl up` keeps it.
    nonisolated static let defaultSecretFile = "data/cluster-secret"

    /// With the secret that the arguments or the environment name. The one that `chatctl up` keeps is for
    /// services of this machine: whoever is asked elsewhere is not to learn it.
    init(_ text: String, _ arguments: Arguments) throws(ChatControl.Failure) {
        try self.init(text, secret: try Endpoint.namedSecret(arguments))
        guard fields.isEmpty, url.isOnThisMachine,
            let found = SmallFile.read(Endpoint.defaultSecretFile)?.split(separator: "\n").first
        else { return }
        fields = [Endpoint.bearer(found)]
        foundSecret = Endpoint.defaultSecretFile
    }

    private static func bearer(_ secret: some StringProtocol) -> (name: String, value: String) {
        ("authorization", "Bearer \(secret)")
    }

    /// `secret`: the cluster's, when there is one.
    init(_ text: String, secret: String?) throws(ChatControl.Failure) {
        guard let url = HTTPURL(text) else {
            throw ChatControl.Failure(
                "'\(text)' is no URL like \(Endpoint.defaultServer)", code: .badSettings)
        }
        self.url = url
        client = HTTPClient(Origin(host: url.host, port: url.port, prefix: url.pathPrefix))
        fields = secret.map { [Endpoint.bearer($0)] } ?? []
    }

    /// The same service over other connections: a client has few of them.
    var withOwnConnections: Endpoint { Endpoint(url: url, fields: fields) }

    private init(url: HTTPURL, fields: [(name: String, value: String)]) {
        self.url = url
        self.fields = fields
        client = HTTPClient(Origin(host: url.host, port: url.port, prefix: url.pathPrefix))
    }

    /// From `--url`, or the one that `chatctl up` starts first.
    init(_ arguments: Arguments) throws(ChatControl.Failure) {
        try self.init(arguments["url"] ?? Endpoint.defaultServer, arguments)
    }

    /// With these fields, and no secret.
    init(_ url: HTTPURL, _ fields: [(name: String, value: String)]) {
        self.url = url
        self.fields = fields
        client = HTTPClient(Origin(host: url.host, port: url.port, prefix: url.pathPrefix))
    }

    /// For what somebody says or reads: with their token, where there is one, else with the secret.
    static func talking(_ arguments: Arguments) throws(ChatControl.Failure) -> Endpoint {
        let server = try server(arguments)
        if let credentials = try Credentials.find(arguments, servers: [server]) {
            return Endpoint(server, [credentials.field])
        }
        return try Endpoint(server.description, arguments)
    }

    /// Of `--server` or `--url`.
    nonisolated static func server(_ arguments: Arguments) throws(ChatControl.Failure) -> HTTPURL {
        let servers = try servers(arguments)
        guard servers.count == 1 else {
            throw ChatControl.Failure("takes one server, not \(servers.count)", code: .badSettings)
        }
        return servers[0]
    }

    /// One or more, separated by commas.
    nonisolated static func servers(_ arguments: Arguments) throws(ChatControl.Failure) -> [HTTPURL] {
        let text = arguments["server"] ?? arguments["url"] ?? defaultServer
        var servers = [HTTPURL]()
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let url = HTTPURL(String(part)) else {
                throw ChatControl.Failure("'\(part)' is no URL like \(defaultServer)", code: .badSettings)
            }
            servers.append(url)
        }
        return servers
    }

    private static func namedSecret(_ arguments: Arguments) throws(ChatControl.Failure) -> String? {
        let variables = ProcessEnvironment.variables()
        if let secret = variables["CLUSTER_SECRET"], !secret.isEmpty { return secret }
        let variable = variables["CLUSTER_SECRET_FILE"].flatMap { $0.isEmpty ? nil : $0 }
        guard let path = arguments["secret-file"] ?? variable else { return nil }
        guard let text = SmallFile.read(path) else { throw ChatControl.Failure("cannot read \(path)") }
        return text.split(separator: "\n").first.map(String.init)
    }

    /// The body of a 200 or 201; a problem becomes the failure.
    func answer(_ request: ClientRequest) async throws(ChatControl.Failure) -> ByteSlice {
        try await response(to: request).body
    }

    /// The same with its head.
    func response(
        to request: ClientRequest
    ) async throws(ChatControl.Failure) -> (head: ResponseHead, body: ByteSlice) {
        var request = request
        request.fields += fields
        let head: ResponseHead
        let body: ByteSlice
        do throws(ClientError) {
            (head, body) = try await client.response(to: request)
        } catch {
            throw ChatControl.Failure(error.message)
        }
        if (200..<300).contains(head.status) { return (head, body) }
        let failure = Endpoint.failure(head.status, body.pointer)
        guard head.status == 401, let foundSecret else { throw failure }
        throw ChatControl.Failure("\(failure.message); what was sent is the secret of \(foundSecret)")
    }

    nonisolated static func failure(
        _ status: Int, _ body: UnsafeRawBufferPointer
    ) -> ChatControl.Failure {
        // What is no problem document is shown by its status.
        guard let problem = try? Problem.decode(body) else {
            return ChatControl.Failure("HTTP status \(status)")
        }
        return ChatControl.Failure(
            Terminal.printable(
                "\(problem.type.title): \(problem.detail) (\(problem.type.remedy.rawValue))"))
    }
}

extension HTTPURL {
    /// By its words alone: no name is looked up.
    var isOnThisMachine: Bool { host == "localhost" || IPAddress(host)?.isLoopback == true }
}

/// Files of a few bytes.
enum SmallFile {
    private static let bytesMax = 65_536

    /// Nil when it cannot be read.
    static func read(_ path: String) -> String? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: bytesMax)
        let count = fread(&bytes, 1, bytesMax, file)
        return String(decoding: bytes.prefix(count), as: UTF8.self)
    }

    /// Makes the file, for its owner alone. False when it cannot be made or is there already.
    static func create(_ path: String, _ text: String) -> Bool {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        return write(descriptor, bytes, bytes.count) == bytes.count
    }
}
