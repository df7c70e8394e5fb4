import EventLoop

extension Exchange {
    /// Answers with an event stream; `opened` gives its observer and may send at once. For HEAD there is only
    /// the head.
    public func openEventStream(
        in channels: PushChannels, _ opened: @escaping @LoopActor (EventStream) -> any PushObserver
    ) {
        let fields = [
            (name: "content-type", value: MediaType.eventStream),
            (name: "cache-control", value: "no-cache, no-transform"),
            // Else nginx holds events back until its buffer is full.
            (name: "x-accel-buffering", value: "no"),
        ]
        let body = Response.Body.handover(.endlessBody) { handedOver in
            let stream = EventStream(handedOver, in: channels)
            stream.open(opened(stream))
        }
        respond(Response(200, fields: fields, body: body))
    }
}
