import EventLoop
import Replication
import Views
import Web

/// Search in the texts of messages: docs/openapi.yaml.
@LoopActor
final class SearchEndpoints {
    private let requests: ChatRequests
    private let feeder: SearchFeeder

    init(requests: ChatRequests, feeder: SearchFeeder) {
        self.requests = requests
        self.feeder = feeder
    }

    var routes: [Route] { [Route(.get, "/search", { [self] in search($0) })] }

    private func search(_ exchange: Exchange) {
        requests.answering(exchange) { [self] () throws(ChatAnswer) in
            let actor = try ChatAnswer.from(problem: { () throws(Problem) in try requests.actor(exchange) })
            let query = try ChatAnswer.from(problem: { () throws(Problem) in
                try SearchQuery(exchange.queryItems)
            })
            try ChatAnswer.from { () throws(ChatRefusal) in
                if let channel = query.channel { try requests.chat.reading(actor, channel) }
                _ = try requests.chat.name(of: actor)
            }
            feeder.hurry()
            Search(exchange, query, by: actor, requests, feeder.index).run()
        }
    }
}
