import EventLoop
import Operations

extension Exchange {
    /// Answers a WebSocket handshake, or says what is wrong with it; `opened` gives the socket's handler and
    /// may send at once. Precondition: the request was received, so it has a head.
    public func openWebSocket(
        protocols: [String] = [], allowedOrigins: AllowedOrigins, in channels: PushChannels,
        _ opened: @escaping @LoopActor (WebSocketConnection) -> any WebSocketHandler
    ) {
        guard let head else { preconditionFailure("only a request that was received becomes a WebSocket") }
        do throws(WebSocketRefusal) {
            let handshake = try WebSocketHandshake(head, protocols: protocols, allowedOrigins: allowedOrigins)
            openWebSocket(handshake, in: channels, opened)
        } catch {
            respond(error.response)
        }
    }

    /// The same with a handshake that was judged already: between the two the request's other rights can be.
    public func openWebSocket(
        _ handshake: WebSocketHandshake, in channels: PushChannels,
        _ opened: @escaping @LoopActor (WebSocketConnection) -> any WebSocketHandler
    ) {
        let body = Response.Body.handover(.protocolSwitch) { handedOver in
            let socket = WebSocketConnection(handedOver.connection, in: channels)
            socket.open(opened(socket), leftovers: handedOver.leftovers)
        }
        respond(Response(101, fields: handshake.fields, body: body))
    }
}
