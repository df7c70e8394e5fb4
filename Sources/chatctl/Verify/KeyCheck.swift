import ClusterTools
import EventLoop
import LogLine
import Replication
import Views
import Web

/// The log's history as it is read, and the keys that it makes.
@LoopActor
final class FoldedLog {
    private(set) var chain: LogChain
    private(set) var damage: LogChain.Break?
    /// Nil: they are not wanted.
    let keys: KeyValues?

    init(through offset: Offset, keepsKeys: Bool) {
        chain = LogChain(through: offset)
        keys = keepsKeys ? KeyValues() : nil
    }

    /// Takes the next line in; false: it is none, or not the next one.
    func take(_ line: UnsafeRawBufferPointer) -> Bool {
        do throws(LogChain.Break) {
            let scan = try chain.take(line)
            keys?.apply(line, scan)
            return true
        } catch {
            damage = error
            return false
        }
    }

    /// Reads on up to `offset`, or to damage.
    func read(
        _ endpoint: Endpoint, epoch: String, through offset: Offset
    ) async throws(LineFeed.Refusal) {
        guard chain.offset < offset, damage == nil else { return }
        try await LineFeed.read(endpoint, after: chain.offset, epoch: epoch) { [self] line in
            take(line) && chain.offset < offset
        }
    }
}

/// Compares a server's keys with those that the log's lines make: page by page, each at the position that the
/// server names for it, so that it may write meanwhile.
@LoopActor
struct KeyCheck {
    enum Finding {
        case equal(count: Int)
        case differs(String)
        /// The server has no keys to ask for.
        case none
    }

    let log: Endpoint
    let epoch: String
    /// Reads on as the servers do.
    let fold: FoldedLog

    /// Of a page; the server's bound.
    private static let pageKeys = 1_000

    func check(_ server: Endpoint) async throws(LineFeed.Refusal) -> Finding {
        guard let keys = fold.keys else { return .none }
        var after: [UInt8]?
        var count = 0
        repeat {
            guard let page = try await page(of: server, after: after) else { return .none }
            try await fold.read(log, epoch: epoch, through: page.offset)
            guard fold.chain.offset == page.offset else {
                return .differs("its keys are those of offset \(page.offset), which the log does not have")
            }
            let own = keys.page(prefix: [], after: after, limit: KeyCheck.pageKeys)
            if let difference = ServerKey.firstDifference(own.items, page.keys) {
                return .differs(difference)
            }
            count += own.items.count
            after = own.next
        } while after != nil
        return .equal(count: count)
    }

    /// Nil: there is none.
    private func page(
        of server: Endpoint, after: [UInt8]?
    ) async throws(LineFeed.Refusal) -> (offset: Offset, keys: [ServerKey])? {
        let behind = after.map { "&after=\(PathEncoding.encode(segment: $0))" } ?? ""
        let target = "/kv?limit=\(KeyCheck.pageKeys)&at_least=\(epoch):\(fold.chain.offset)\(behind)"
        let head: ResponseHead
        let body: ByteSlice
        do throws(ClientError) {
            (head, body) = try await server.client.response(
                to: ClientRequest(.get, target, fields: server.fields))
        } catch {
            throw LineFeed.Refusal(problem: nil, message: error.message)
        }
        guard head.status != 404 else { return nil }
        guard head.status == 200 else {
            throw LineFeed.Refusal(
                problem: nil, message: Endpoint.failure(head.status, body.pointer).message)
        }
        guard let position = head.header("log-position").flatMap({ Position($0) }),
            position.epoch.description == epoch
        else {
            throw LineFeed.Refusal(problem: nil, message: "/kv: the answer names no position of this log")
        }
        do throws(InvalidField) {
            return (position.offset, try ServerKey.list(body.pointer))
        } catch {
            throw LineFeed.Refusal(problem: nil, message: "/kv: \(error.detail)")
        }
    }
}

/// An element of `GET /kv`.
struct ServerKey {
    private var name: [UInt8] = []
    /// JSON as it was sent.
    private var value: [UInt8] = []
    private var offset = Offset.zero
    private var time = ""

    /// Of a value that is shown.
    private static let shownBytesMax = 500

    static func list(_ json: UnsafeRawBufferPointer) throws(InvalidField) -> [ServerKey] {
        var reader = JSONReader(json)
        var keys: [ServerKey] = []
        try reader.beginArray(field: nil)
        while try reader.nextElement(field: nil) { keys.append(try ServerKey(&reader, json)) }
        try reader.end()
        return keys
    }

    private init(_ reader: inout JSONReader, _ json: UnsafeRawBufferPointer) throws(InvalidField) {
        try reader.beginObject(field: nil)
        while let member = try reader.nextKey() {
            switch String(decoding: member, as: UTF8.self) {
            case "key": name = try reader.string(field: "key")
            case "value": value = Array(json[try reader.skipValue(field: "value")])
            case "offset": offset = Offset(try reader.unsignedInteger(field: "offset"))
            case "time": time = String(decoding: try reader.string(field: "time"), as: UTF8.self)
            default: _ = try reader.skipValue(field: nil)
            }
        }
    }

    /// Both in the order of their names; nil: they are the same.
    static func firstDifference(_ own: [KeyValue], _ theirs: [ServerKey]) -> String? {
        for index in 0..<max(own.count, theirs.count) {
            let key = index < own.count ? own[index] : nil
            let other = index < theirs.count ? theirs[index] : nil
            if let key, let other, other.equals(key) { continue }
            return "first at key \(shown(firstName(key, other)))\n"
                + "  log:    \(key.map(told) ?? "none")\n  server: \(other.map(told) ?? "none")"
        }
        return nil
    }

    private func equals(_ key: KeyValue) -> Bool {
        name == key.name && value == key.value && offset == key.offset && time == key.time.description
    }

    private static func firstName(_ key: KeyValue?, _ other: ServerKey?) -> [UInt8] {
        guard let key else { return other?.name ?? [] }
        guard let other else { return key.name }
        return other.name.lexicographicallyPrecedes(key.name) ? other.name : key.name
    }

    private static func told(_ key: KeyValue) -> String {
        "\(shown(key.name)) = \(shown(key.value)) at offset \(key.offset), \(key.time)"
    }

    private static func told(_ key: ServerKey) -> String {
        "\(shown(key.name)) = \(shown(key.value)) at offset \(key.offset), \(key.time)"
    }

    private static func shown(_ bytes: [UInt8]) -> String {
        Terminal.printable(String(decoding: bytes.prefix(shownBytesMax), as: UTF8.self))
    }
}
