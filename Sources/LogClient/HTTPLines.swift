import EventLoop
import Replication
import Web

/// Lines over HTTP from the log, or from a pod that passes them on: a connection for each stream.
@LoopActor
public final class HTTPLines {
    private let origin: Origin
    private let fields: [(name: String, value: String)]
    private var streams = [Int: LineStream]()

    /// - Parameter secret: the cluster's, sent as bearer token.
    public init(_ origin: Origin, secret: [UInt8]?) {
        self.origin = origin
        fields = HTTPLines.fields(secret: secret)
    }

    static func fields(secret: [UInt8]?) -> [(name: String, value: String)] {
        secret.map { [("authorization", "Bearer \(String(decoding: $0, as: UTF8.self))")] } ?? []
    }
}

extension HTTPLines: @LoopActor LineUpstream {
    public func open(_ request: LogRequest, onEvent: @escaping (LogStreamEvent) -> Void) {
        let number = request.number
        streams[number] = LineStream(request, origin: origin, fields: fields) { [weak self] event in
            if case .ended = event { self?.streams[number] = nil }
            onEvent(event)
        }
    }

    public func close(_ request: Int) {
        streams.removeValue(forKey: request)?.close()
    }
}
