import EventLoop
import LogLine
import Operations
import Replication
import TerminalChat
import Web

/// Does what `ChatModel` and `StreamPlan` decide: one socket at a time to one of the servers, and requests to
/// the same server.
///
/// Happy path: the conversations are asked for, then the socket is opened; what comes goes to the model.
/// Failures: however it ends, the plan says where and when to go on; the model gives the position.
@LoopActor
final class ChatConnection: WebSocketClientHandler {
    nonisolated static let subprotocol = "chat-cluster.v1"

    /// Told of everything that happens.
    weak var run: ChatRun?

    private let servers: [HTTPURL]
    private let clients: [HTTPClient]
    private let credentials: Credentials?
    private var plan: StreamPlan
    private var socket: WebSocketClient?
    private var timer: LoopTimer?
    private var isSignedOut = false
    /// Grows with each attempt: an answer to an earlier one is passed over.
    private var attempt = 0

    init(_ servers: [HTTPURL], _ credentials: Credentials?, seed: UInt64) {
        self.servers = servers
        self.credentials = credentials
        clients = servers.map { HTTPClient(ChatConnection.origin($0)) }
        plan = StreamPlan(serverCount: servers.count, seed: seed)
    }

    private static func origin(_ server: HTTPURL) -> Origin {
        Origin(host: server.host, port: server.port, prefix: server.pathPrefix)
    }

    private var fields: [(name: String, value: String)] { credentials.map { [$0.field] } ?? [] }
    private var serverName: String {
        let server = servers[plan.server]
        return "\(server.host):\(server.port)\(server.pathPrefix)"
    }

    // MARK: For the model

    func connect() {
        guard let run, !isSignedOut else { return }
        attempt += 1
        run.handle(.connection(.connecting(serverName)))
        guard !run.isLoaded else { return open() }
        let attempt = attempt
        EventLoop.shared.task { [weak self] in await self?.loadConversations(attempt) }
    }

    func send(_ text: [UInt8]) {
        text.withUnsafeBytes { _ = socket?.send(text: $0) }
    }

    func authenticate() {
        if let credentials { send(SocketObject.auth(token: credentials.token)) }
    }

    func becameLive() { plan.becameLive() }

    func toldGoodbye(_ retry: Duration) { plan.toldGoodbye(retry: retry) }

    func restart() {
        drop()
        goOn(.broken("the log became another one"))
    }

    /// The server refused the token that it was shown.
    func signOut(_ reason: String) {
        drop()
        end(reason, tokenIsVoid: true)
    }

    /// Asks over HTTP; the answer goes to the model.
    func ask(_ request: ChatRequest) {
        EventLoop.shared.task { [weak self] in
            guard let self else { return }
            let result = await answer(request)
            run?.answered(request, result.mapError { ChatModel.Refusal($0.message) })
        }
    }

    // MARK: WebSocketClientHandler

    func opened(_ socket: WebSocketClient, protocol: String?) {
        guard socket === self.socket else { return }
        run?.handle(.connection(.catchingUp(serverName)))
    }

    func received(_ message: WebSocketMessage, on socket: WebSocketClient) {
        guard socket === self.socket else { return }
        run?.handle(.received(message.payload.array))
    }

    func closed(_ socket: WebSocketClient, _ end: WebSocketClientEnd) {
        guard socket === self.socket else { return }
        self.socket = nil
        goOn(ChatConnection.planned(end))
    }

    static func planned(_ end: WebSocketClientEnd) -> StreamPlan.End {
        switch end {
        case .byServer(let close): return .closed(code: close.code.rawValue, reason: close.reason)
        case .byUs: return .broken("closed")
        case .failed(let failure): return .broken("the server breaks the protocol: \(failure.message)")
        case .lost(let reason): return .broken(reason)
        case .refused(let refusal):
            return planned(refusal.status, retryAfter: refusal.retryAfter, refusal.body)
        }
    }

    /// A 401 that is no problem document is a proxy's, or some other service's: it says nothing of the token.
    private static func planned(_ status: Int, retryAfter: Int?, _ body: ByteSlice) -> StreamPlan.End {
        // What is no problem document is shown by its status.
        let problem = try? Problem.decode(body.pointer)
        if let problem, status == 401, problem.type == .signInRequired {
            return .tokenRefused(problem.detail)
        }
        return .refused(
            status: status, retryAfter: retryAfter, reason: problem?.detail ?? "HTTP status \(status)")
    }

    // MARK: Private

    private func open() {
        // Nothing yet: what is subscribed to, and from where, is the model's to say.
        socket = WebSocketClient(
            to: ChatConnection.origin(servers[plan.server]), target: "/ws?channels=",
            protocols: [ChatConnection.subprotocol], handler: self)
    }

    private func loadConversations(_ attempt: Int) async {
        let result = await answer(.conversations)
        guard attempt == self.attempt else { return }
        switch result {
        case .success(let answer):
            run?.handle(.answered(.conversations, .success(answer)))
            open()
        case .failure(let failure): goOn(failure.end)
        }
    }

    private func drop() {
        attempt += 1
        let socket = self.socket
        self.socket = nil
        socket?.close()
    }

    private func goOn(_ end: StreamPlan.End) {
        switch plan.next(after: end) {
        case .signedOut(let reason, let tokenIsVoid): self.end(reason, tokenIsVoid: tokenIsVoid)
        case .connect(_, let delay):
            run?.handle(.connection(.broken(reason: ChatConnection.reason(of: end), retry: delay)))
            timer = LoopTimer { [unowned self] in connect() }
            timer?.schedule(after: delay)
        }
    }

    /// A token that is good for nothing is forgotten, where it was got from says so.
    private func end(_ reason: String, tokenIsVoid: Bool) {
        isSignedOut = true
        if tokenIsVoid, let credentials, let server = credentials.server, server == servers[plan.server] {
            // A file that cannot be removed is refused by the server, again and again, and nothing worse.
            try? SessionStore.forget(credentials.token, of: server)
        }
        run?.handle(.connection(.signedOut(reason)))
    }

    private nonisolated static func reason(of end: StreamPlan.End) -> String {
        switch end {
        case .closed(let code, let reason): reason.isEmpty ? "closed with \(code)" : reason
        case .refused(_, _, let reason), .tokenRefused(let reason), .broken(let reason): reason
        }
    }
}

/// Requests.
extension ChatConnection {
    struct Failure: Error {
        let end: StreamPlan.End
        var message: String { ChatConnection.reason(of: end) }
    }

    private static let searchResults = 20
    private static let accountsListed = 200

    private func answer(_ request: ChatRequest) async -> Result<ChatModel.Answer, Failure> {
        var asked = ChatConnection.clientRequest(request)
        asked.fields += fields
        do throws(ClientError) {
            let (head, body) = try await clients[plan.server].response(to: asked)
            guard (200..<300).contains(head.status) else {
                return .failure(
                    Failure(end: ChatConnection.planned(head.status, retryAfter: nil, body)))
            }
            let position = head.header("log-position").flatMap { Position($0) }
            return .success(ChatModel.Answer(body: body.array, position: position))
        } catch {
            return .failure(Failure(end: .broken(error.message)))
        }
    }

    private static func clientRequest(_ request: ChatRequest) -> ClientRequest {
        switch request {
        case .conversations: return ClientRequest(.get, "/conversations")
        case .accounts: return ClientRequest(.get, "/accounts?limit=\(accountsListed)")
        case .room(let channel): return ClientRequest(.get, "/rooms/\(segment(channel))")
        case .search(let words):
            let query = PathEncoding.encode(segment: Array(words.utf8))
            return ClientRequest(.get, "/search?q=\(query)&limit=\(searchResults)")
        case .page(let channel, let before, let limit):
            let query = before.map { "before=\($0)&limit=\(limit)" } ?? "last=\(limit)"
            return ClientRequest(.get, "/messages/\(segment(channel))?\(query)")
        case .direct(let name): return ClientRequest(.post, "/direct", body: body("name", name))
        case .makeRoom(let title): return ClientRequest(.post, "/rooms", body: body("title", title))
        case .invite(let name, let channel):
            return ClientRequest(.put, member(name, channel), body: body("role", "member"))
        case .leave(let name, let channel): return ClientRequest(.delete, member(name, channel))
        }
    }

    private static func segment(_ channel: Channel) -> String { PathEncoding.encode(segment: channel.bytes) }

    private static func member(_ name: String, _ channel: Channel) -> String {
        "/rooms/\(segment(channel))/members/\(PathEncoding.encode(segment: Array(name.utf8)))"
    }

    private static func body(_ name: String, _ value: String) -> ByteSlice {
        let buffer = ByteBuffer()
        buffer.append(utf8: "{\"\(name)\":")
        buffer.appendJSONString(Array(value.utf8))
        buffer.append("}")
        return buffer.takeSlice()
    }
}
