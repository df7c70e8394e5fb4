import EventLoop
import LogLine
import Replication
import Web

/// `GET` and `POST /replicas`: docs/openapi.yaml.
@LoopActor
struct ReplicaEndpoints {
    private let replicas: ReplicaWatch

    init(_ replicas: ReplicaWatch) { self.replicas = replicas }

    var routes: [Route] {
        [
            Route(
                .post, "/replicas", bodyBytesMax: ReplicaLimits.reportBytesMax, isGuarded: true,
                { report($0) }),
            Route(.get, "/replicas", { list($0) }),
        ]
    }

    private func report(_ exchange: Exchange) {
        exchange.answering { () throws(Problem) in
            try exchange.refuseQuery()
            let report = try Problem.from { () throws(InvalidField) in
                try ReplicaReport.decode(body: exchange.body.pointer)
            }
            let (answer, namesUpstream) = replicas.answer(to: report)
            exchange.respond(
                Response(200, type: MediaType.json) { out in
                    answer.encode(namesUpstream: namesUpstream, into: out)
                    out.append("\n")
                })
        }
    }

    private func list(_ exchange: Exchange) {
        exchange.respond(
            Response(200, type: MediaType.json, fields: [("cache-control", "no-store")]) { out in
                replicas.encodeState(into: out)
                out.append("\n")
            })
    }
}
