import EventLoop
import LogLine
import Replication
import Views
import Web

/// `GET /presence`: docs/openapi.yaml.
@LoopActor
struct PresenceEndpoints {
    let requests: ChatRequests
    let ephemera: Ephemera

    var routes: [Route] { [Route(.get, "/presence", { list($0) })] }

    private func list(_ exchange: Exchange) {
        requests.answering(exchange) { () throws(ChatAnswer) in
            try ChatAnswer.from(problem: { () throws(Problem) in try exchange.refuseQuery() })
            let actor = try ChatAnswer.from(problem: { () throws(Problem) in try requests.actor(exchange) })
            // A token must be good still.
            _ = try ChatAnswer.from { () throws(ChatRefusal) in try requests.chat.name(of: actor) }
            exchange.respond(
                Response(200, type: MediaType.json, fields: [("cache-control", "no-store")]) { out in
                    PresentPerson.encode(ephemera.people, into: out)
                    out.append("\n")
                })
        }
    }
}
