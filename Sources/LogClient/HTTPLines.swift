import EventLoop
import Replication
import Web

/// Lines over HTTP from the log, or from a pod that passes them on: a connection for each stream.
@LoopActor
public final class HTTPLines {
    private let origin: Origin
    private let fields: [(name: String, value: String)]
    private let prove: Prove?
    private var streams = [Int: LineStream]()

    /// Answers the WWW-Authenticate of a refused request with an Authorization for the same method and
    /// target; nil: it cannot.
    public typealias Prove = @LoopActor (_ challenge: String, _ method: String, _ target: String) -> String?

    /// - Parameter secret: the cluster's, sent as bearer token: for an address that an operator has set.
    public init(_ origin: Origin, secret: [UInt8]?) {
        self.origin = origin
        fields = HTTPLines.fields(secret: secret)
        prove = nil
    }

    /// - Parameter prove: for an address that somebody advertises, and that must not be sent the secret.
    public init(_ origin: Origin, prove: Prove?) {
        self.origin = origin
        fields = []
        self.prove = prove
    }

    static func fields(secret: [UInt8]?) -> [(name: String, value: String)] {
        secret.map { [("authorization", "Bearer \(String(decoding: $0, as: UTF8.self))")] } ?? []
    }
}

extension HTTPLines: @LoopActor LineUpstream {
    public func open(_ request: LogRequest, onEvent: @escaping (LogStreamEvent) -> Void) {
        let number = request.number
        streams[number] = LineStream(request, origin: origin, fields: fields, prove: prove) {
            [weak self] event in
            if case .ended = event { self?.streams[number] = nil }
            onEvent(event)
        }
    }

    public func close(_ request: Int) {
        streams.removeValue(forKey: request)?.close()
    }
}
