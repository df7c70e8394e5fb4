import EventLoop
import Operations

/// The bounds of the HTTP server.
public struct ServerLimits: Sendable {
    /// From the first byte of a request to the end of its header block.
    public var headTime = Duration.seconds(10)
    /// From the end of the header block to the end of the body.
    public var bodyTime = Duration.seconds(30)
    /// How long a draining server waits for the first request of a connection.
    public var firstRequestTime = Duration.seconds(1)
    /// A kept-alive connection without a request.
    public var idleTime = Duration.seconds(75)
    /// Without progress of a reader that has unsent bytes waiting.
    public var stalledReaderTime = Duration.seconds(60)
    /// Requests of one connection that are being answered at a time; behind them reading pauses.
    public var pipelinedRequestsMax = 64
    /// Open connections, those that were handed over included; a further one gets a 503 and is closed. Fewer
    /// where the process may not have so many descriptors.
    public var connectionsMax = DescriptorLimit.connections(wanted: 20_000)
    /// Of one address (of one network with IPv6); a further one gets a 429 and is closed. Nil: as many as in
    /// all.
    public var connectionsPerAddressMax: Int?
    /// Whose word on who their clients are is believed.
    public var trustedProxies = TrustedProxies.none
    /// Refused connections that may take their time to read why; further ones are closed without a word.
    public var refusedConnectionsMax = 64
    /// Bytes that have come of incomplete bodies, over all connections; a request beyond it gets a 503.
    public var receivedBodyBytesMax = 256 << 20
    /// Of an ordinary request's body.
    public static let bodyBytesMax = HTTPLimits.bodyBytesMax

    public init() {}
}
