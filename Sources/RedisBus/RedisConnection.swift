import CHiredis
import EventLoop
import Glibc
import LogLine

/// What arrives on a Redis connection.
enum RedisReply {
    case ok
    case error(String)
    /// A subscription was confirmed.
    case subscribed
    case message(channel: UnsafeRawBufferPointer, payload: UnsafeRawBufferPointer)
}

/// One connection to Redis over hiredis, from connect to disconnect. The only place where hiredis' callbacks
/// become Swift.
///
/// hiredis answers commands in order, so a command needs no number: `onReply` is called once for each with
/// the token it was sent with. Once `onClosed` was called the object is of no more use.
@LoopActor
final class RedisConnection {
    /// `token`: as passed to `send`.
    var onReply: ((RedisReply, _ token: Int) -> Void)?
    var onOpen: (() -> Void)?
    /// Once, with the reason.
    var onClosed: ((String) -> Void)?

    /// Nil once hiredis has freed it, or will.
    private var context: UnsafeMutablePointer<redisAsyncContext>?

    /// `address`: numeric, so that connecting does not block. Nil when the connection cannot even be begun.
    init?(address: String, port: UInt16) {
        guard let context = redisAsyncConnect(address, Int32(port)) else { return nil }
        guard context.pointee.err == 0 else {
            redisAsyncFree(context)
            return nil
        }
        self.context = context
        // Balanced in `detached`: hiredis holds us until it frees the context.
        context.pointee.data = Unmanaged.passRetained(self).toOpaque()
        RedisEvents.attach(to: context) { [weak self] in self?.checkBufferedBytes() }
        redisAsyncSetConnectCallback(context) { context, status in
            RedisConnection.on(context) { $0.connected(status) }
        }
        redisAsyncSetDisconnectCallback(context) { context, _ in
            RedisConnection.on(context) { $0.disconnected() }
        }
    }

    /// A command whose replies (one, or for subscriptions many) carry `token`.
    func send(_ arguments: [UnsafeRawBufferPointer], token: Int) {
        guard let context else { return }
        var pointers = arguments.map { $0.baseAddress?.assumingMemoryBound(to: CChar.self) }
        var lengths = arguments.map(\.count)
        redisAsyncCommandArgv(
            context,
            { context, reply, token in
                RedisConnection.on(context) { $0.replied(reply, token: Int(bitPattern: token)) }
            }, UnsafeMutableRawPointer(bitPattern: token), Int32(arguments.count), &pointers, &lengths)
    }

    /// Words, then one argument of any bytes.
    func send(_ words: [String], _ last: UnsafeRawBufferPointer? = nil, token: Int) {
        let joined = Array(words.joined().utf8)
        joined.withUnsafeBytes { bytes in
            var start = 0
            var arguments = words.map { word in
                defer { start += word.utf8.count }
                return UnsafeRawBufferPointer(rebasing: bytes[start..<start + word.utf8.count])
            }
            if let last { arguments.append(last) }
            send(arguments, token: token)
        }
    }

    func close(_ reason: String) {
        guard let context else { return }
        let callback = detach()
        redisAsyncFree(context)
        callback?(reason)
    }

    /// What was received of a reply that is not complete has a bound.
    private func checkBufferedBytes() {
        guard let context, chiredis_buffered_bytes(context) > RedisLimits.bufferedBytesMax else { return }
        close("a reply is larger than \(RedisLimits.bufferedBytesMax) bytes")
    }

    // MARK: Callbacks of hiredis

    private nonisolated static func on(
        _ context: UnsafePointer<redisAsyncContext>?, _ body: @LoopActor (RedisConnection) -> Void
    ) {
        guard let data = context?.pointee.data else { return }
        let connection = Unmanaged<RedisConnection>.fromOpaque(data).takeUnretainedValue()
        LoopActor.assumeIsolated { body(connection) }
    }

    private func connected(_ status: Int32) {
        guard let context else { return }
        guard status == REDIS_OK else {
            // hiredis frees the context itself after a failed connect.
            let reason = RedisConnection.reason(context)
            detach()?(reason)
            return
        }
        redisEnableKeepAlive(&context.pointee.c)
        onOpen?()
    }

    private func disconnected() {
        guard let context else { return }
        let reason = RedisConnection.reason(context)
        detach()?(reason)
    }

    private func replied(_ reply: UnsafeMutableRawPointer?, token: Int) {
        // Nil: the context is being freed; the closing callback tells.
        guard context != nil, let reply = reply?.assumingMemoryBound(to: redisReply.self) else { return }
        guard let decoded = RedisConnection.decode(reply.pointee) else { return }
        onReply?(decoded, token)
    }

    /// Lets go of the context, which hiredis frees.
    private func detach() -> ((String) -> Void)? {
        guard let context else { return nil }
        self.context = nil
        if let data = context.pointee.data { Unmanaged<RedisConnection>.fromOpaque(data).release() }
        context.pointee.data = nil
        onReply = nil
        onOpen = nil
        defer { onClosed = nil }
        return onClosed
    }

    private static func reason(_ context: UnsafeMutablePointer<redisAsyncContext>) -> String {
        if context.pointee.err != 0, let text = context.pointee.errstr { return String(cString: text) }
        guard context.pointee.c.err != 0 else { return "closed" }
        return withUnsafeBytes(of: context.pointee.c.errstr) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }

    private static func decode(_ reply: redisReply) -> RedisReply? {
        switch reply.type {
        case REDIS_REPLY_ERROR: return .error(String(decoding: bytes(reply), as: UTF8.self))
        case REDIS_REPLY_ARRAY: return decode(push: reply)
        default: return .ok
        }
    }

    /// `["message", channel, payload]`, `["pmessage", pattern, channel, payload]`, `["subscribe", channel,
    /// count]`.
    private static func decode(push reply: redisReply) -> RedisReply? {
        guard reply.elements >= 3, let elements = reply.element, let kind = elements[0]?.pointee,
            let last = elements[Int(reply.elements) - 1]?.pointee
        else { return nil }
        switch String(decoding: bytes(kind), as: UTF8.self) {
        case "subscribe", "psubscribe": return .subscribed
        case "message", "pmessage":
            guard let channel = elements[Int(reply.elements) - 2]?.pointee else { return nil }
            return .message(channel: bytes(channel), payload: bytes(last))
        default: return nil
        }
    }

    private static func bytes(_ reply: redisReply) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: reply.str, count: Int(reply.len))
    }
}
