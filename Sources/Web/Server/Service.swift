import EventLoop
import LogLine
import Operations
import Replication

/// What both services do with every request: find its route, check the cluster's secret, answer problems in
/// one form, allow other origins, count.
@LoopActor
public final class Service: RequestHandler {
    public struct Options {
        /// `/chat-server`, and a BASE_PATH.
        public var prefixes: [String]
        /// Judges a bearer token in constant time; nil: no token is wanted.
        public var isAuthorised: (([UInt8]) -> Bool)?
        /// Another way to be authorised, beside a token; nil: there is none.
        public var proofs: Proofs?
        public var allowedOrigins: AllowedOrigins

        public struct Proofs {
            /// For WWW-Authenticate.
            let challenge: @LoopActor () -> String
            /// Judges a request by its Authorization.
            let isValid: @LoopActor (_ authorization: String, _ head: RequestHead) -> Bool

            public init(
                challenge: @escaping @LoopActor () -> String,
                isValid: @escaping @LoopActor (_ authorization: String, _ head: RequestHead) -> Bool
            ) {
                self.challenge = challenge
                self.isValid = isValid
            }
        }

        public init(
            prefixes: [String], isAuthorised: (([UInt8]) -> Bool)? = nil, allowedOrigins: AllowedOrigins
        ) {
            self.prefixes = prefixes
            self.isAuthorised = isAuthorised
            self.allowedOrigins = allowedOrigins
        }
    }

    private let router: Router
    private let options: Options
    private let requests: Counter
    private let refusals: Counter
    private let refusedConnections: (all: Counter, address: Counter)

    /// - Parameter routes: besides `/healthz`, `/readyz` and `/metrics`, which every service has.
    /// - Parameter unreadyReason: why the service should get no requests now; nil: it should.
    public init(
        _ routes: [Route], options: Options, metrics: Metrics,
        unreadyReason: @escaping @LoopActor () -> String? = { nil }
    ) {
        router = Router(
            routes + CommonRoutes.make(metrics, unreadyReason), prefixes: options.prefixes)
        self.options = options
        requests = metrics.counter("chat_http_requests_total", "Requests received.")
        refusals = metrics.counter(
            "chat_http_refused_requests_total",
            "Requests answered with a problem before they reached a handler.")
        refusedConnections = (
            Service.refusedConnections("all", metrics), Service.refusedConnections("address", metrics)
        )
    }

    // MARK: RequestHandler

    public func accept(_ head: RequestHead, from peer: SocketAddress) -> Acceptance {
        requests.increment()
        if head.method == .options, head.header("access-control-request-method") != nil {
            let response = preflight(originFields(head))
            return .accept(bodyBytesMax: 0) { $0.respond(response) }
        }
        switch route(head) {
        case .success(let found):
            let fields = originFields(head)
            return .accept(bodyBytesMax: found.route.bodyBytesMax) { exchange in
                exchange.commonFields = fields
                exchange.segments = found.segments
                exchange.peer = peer
                found.route.handle(exchange)
            }
        case .failure(let refusal):
            let response = refused(refusal, head)
            return head.hasBody ? .refuse(response) : .accept(bodyBytesMax: 0) { $0.respond(response) }
        }
    }

    public func timedOut(_ what: String, _ limit: Duration) -> Response {
        Response(Problem(.timeout, "\(what) took longer than \(limit)"))
    }

    public func overloaded(_ reason: String) -> Response { Response(Problem(.overloaded, reason)) }

    public func unparsable(_ failure: HTTPParseFailure) -> Response {
        refusals.increment()
        return Response(Problem(failure))
    }

    public func refused(_ refusal: ConnectionCounts.Refusal) -> Response {
        switch refusal {
        case .all(let max):
            refusedConnections.all.increment()
            return overloaded("\(max) connections are open")
        case .address(let max):
            refusedConnections.address.increment()
            return Response(
                Problem(
                    .tooManyRequests, "your address has \(max) connections open already",
                    retryAfter: Service.connectionRetrySeconds))
        }
    }

    // MARK: Private

    /// Until another of the address's connections may have ended.
    private static let connectionRetrySeconds = 5

    private static func refusedConnections(_ limit: String, _ metrics: Metrics) -> Counter {
        metrics.counter(
            "chat_http_refused_connections_total",
            "Connections and streams refused because so many are open, in all or of one address.",
            labels: ["limit": limit])
    }

    private struct Refusal: Error {
        let problem: Problem
        var fields: [(name: String, value: String)] = []
    }

    private typealias Found = (route: Route, segments: [[UInt8]])

    private func route(_ head: RequestHead) -> Result<Found, Refusal> {
        switch router.match(head.method, path: head.path.segments) {
        case .notFound:
            return .failure(Refusal(problem: Problem(.notFound, "there is nothing at \(head.path.text)")))
        case .methodNotAllowed(let methods):
            let allowed = methods.map(\.text).joined(separator: ", ")
            return .failure(
                Refusal(
                    problem: Problem(
                        .methodNotAllowed, "\(head.path.text) takes \(allowed), not \(head.method.text)"),
                    fields: [("allow", allowed)]))
        case .route(let route, let segments):
            guard !route.isGuarded || isAuthorised(head) else { return .failure(unauthorised) }
            return .success((route, segments))
        }
    }

    private var unauthorised: Refusal {
        var refusal = Refusal(problem: Problem(.unauthorized, "send 'Authorization: Bearer CLUSTER_SECRET'"))
        if let proofs = options.proofs {
            refusal.fields = [("www-authenticate", "Bearer, \(proofs.challenge())")]
        }
        return refusal
    }

    private func isAuthorised(_ head: RequestHead) -> Bool {
        guard let isAuthorised = options.isAuthorised else { return true }
        guard let value = head.header("authorization") else { return false }
        let scheme = "bearer "
        guard value.utf8.count > scheme.utf8.count, value.lowercased().hasPrefix(scheme) else {
            return options.proofs?.isValid(value, head) ?? false
        }
        return isAuthorised(Array(value.utf8.dropFirst(scheme.utf8.count)))
    }

    private func refused(_ refusal: Refusal, _ head: RequestHead) -> Response {
        refusals.increment()
        var response = Response(refusal.problem)
        // What the refusal says takes the place of what all problems of its kind say.
        response.fields.removeAll { field in refusal.fields.contains { $0.name == field.name } }
        response.fields += refusal.fields + originFields(head)
        return response
    }

    /// Answers may be read by pages of the allowed origins.
    private func originFields(_ head: RequestHead) -> [(name: String, value: String)] {
        guard let origin = head.header("origin"), options.allowedOrigins.allows(origin) else { return [] }
        return [
            ("access-control-allow-origin", origin), ("vary", "Origin"),
            ("access-control-expose-headers", "Log-Epoch, Log-Head, Log-Position, Retry-After, ETag, Link"),
        ]
    }

    private func preflight(_ originFields: [(name: String, value: String)]) -> Response {
        Response(
            204,
            fields: originFields + [
                ("access-control-allow-methods", "GET, HEAD, POST, PUT, PATCH, DELETE"),
                (
                    "access-control-allow-headers",
                    "Authorization, Content-Type, Last-Event-ID, If-Match, If-None-Match"
                ),
                ("access-control-max-age", "600"),
            ])
    }
}
