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
    /// What was found last: most requests ask for the same thing again, above all those that write.
    private var latest: Found?
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
        switch match(head) {
        case .route(let route, let segments):
            guard !route.isGuarded || isAuthorised(head) else {
                return refuseUnauthorised(head)
            }
            let fields = originFields(head)
            return .accept(bodyBytesMax: route.bodyBytesMax) { exchange in
                exchange.accepted(commonFields: fields, segments: segments, peer: peer)
                route.handle(exchange)
            }
        case .notFound:
            return refuse(head, Problem(.notFound, "there is nothing at \(head.path.text)"))
        case .methodNotAllowed(let methods):
            let allowed = methods.map(\.text).joined(separator: ", ")
            let problem = Problem(
                .methodNotAllowed, "\(head.path.text) takes \(allowed), not \(head.method.text)")
            return refuse(head, problem, fields: [("allow", allowed)])
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

    private struct Found {
        let method: HTTPMethod
        let path: ByteSlice
        let route: Route
        let segments: [[UInt8]]
    }

    private func match(_ head: RequestHead) -> Router.Match {
        let path = head.path
        if let latest, latest.method == head.method, Memory.equal(latest.path.pointer, path.bytes.pointer) {
            return .route(latest.route, segments: latest.segments)
        }
        let match = router.match(head.method, path: path.segments)
        if case .route(let route, let segments) = match {
            // A copy: a slice would keep the whole request.
            let path = ByteSlice(path.bytes.pointer)
            latest = Found(method: head.method, path: path, route: route, segments: segments)
        }
        return match
    }

    private func refuseUnauthorised(_ head: RequestHead) -> Acceptance {
        let challenges = options.proofs.map { [("www-authenticate", "Bearer, \($0.challenge())")] } ?? []
        return refuse(
            head, Problem(.unauthorized, "send 'Authorization: Bearer CLUSTER_SECRET'"), fields: challenges)
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

    private func refuse(
        _ head: RequestHead, _ problem: Problem, fields: [(name: String, value: String)] = []
    ) -> Acceptance {
        refusals.increment()
        var response = Response(problem)
        // What is said here takes the place of what all problems of its kind say.
        response.fields.removeAll { field in fields.contains { $0.name == field.name } }
        response.fields += fields + originFields(head)
        guard !head.hasBody else { return .refuse(response) }
        return .accept(bodyBytesMax: 0) { [response] in $0.respond(response) }
    }

    /// Answers may be read by pages of the allowed origins.
    private func originFields(_ head: RequestHead) -> [(name: String, value: String)] {
        guard head.hasOrigin, let origin = head.header("origin"), options.allowedOrigins.allows(origin)
        else { return [] }
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
