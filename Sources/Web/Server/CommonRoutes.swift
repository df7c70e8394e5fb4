import EventLoop
import LogLine
import Operations
import Replication

/// What every service answers about itself: whether it is alive, whether it should get requests, its figures.
enum CommonRoutes {
    /// - Parameter unreadyReason: nil when the service is ready.
    @LoopActor
    static func make(_ metrics: Metrics, _ unreadyReason: @escaping @LoopActor () -> String?) -> [Route] {
        [
            Route(
                .get, "/healthz", { $0.respond(Response(200, type: MediaType.text) { $0.append("ok\n") }) }),
            Route(.get, "/readyz", { $0.respond(readiness(unreadyReason())) }),
            Route(.get, "/metrics", { $0.respond(exposition(metrics)) }),
        ]
    }

    private static func readiness(_ unreadyReason: String?) -> Response {
        if let unreadyReason { return Response(Problem(.notReady, unreadyReason)) }
        return Response(200, type: MediaType.text) { $0.append("ready\n") }
    }

    private static func exposition(_ metrics: Metrics) -> Response {
        var text = [UInt8]()
        metrics.render(into: &text)
        return Response(200, fields: [("content-type", Metrics.contentType)], body: .bytes(ByteSlice(text)))
    }
}
