import EventLoop

/// What is done with requests of one method and path. An object, because finding it is to cost no copy of it.
public final class Route {
    public enum Segment: Equatable, Sendable {
        case literal([UInt8])
        /// Any one segment.
        case parameter
    }

    /// That it takes: HEAD is answered as GET is.
    let methods: [HTTPMethod]
    public let method: HTTPMethod
    public let pattern: [Segment]
    public let bodyBytesMax: Int
    /// Wants the cluster's secret as bearer token, where there is one.
    public let isGuarded: Bool
    /// Its answer to GET has no end, so that there is no HEAD.
    public let isStream: Bool
    public let handle: @LoopActor (Exchange) -> Void

    /// `path`: `/messages/*`, a star for any one segment. The empty path is the root, also a prefix itself
    /// (`/chat-server`); `/` is a prefix with a slash behind it (`/chat-server/`).
    public init(
        _ method: HTTPMethod, _ path: String, bodyBytesMax: Int = 0, isGuarded: Bool = false,
        isStream: Bool = false, _ handle: @escaping @LoopActor (Exchange) -> Void
    ) {
        self.method = method
        methods = method == .get && !isStream ? [.get, .head] : [method]
        let segments = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        pattern = segments.map { $0 == "*" ? .parameter : .literal(Array($0.utf8)) }
        self.bodyBytesMax = bodyBytesMax
        self.isGuarded = isGuarded
        self.isStream = isStream
        self.handle = handle
    }

    func matches(_ segments: ArraySlice<[UInt8]>) -> Bool {
        guard segments.count == pattern.count else { return false }
        var at = segments.startIndex
        for wanted in pattern {
            if case .literal(let bytes) = wanted, segments[at] != bytes { return false }
            at += 1
        }
        return true
    }
}

/// Finds the route of a request, under each of the prefixes that the service answers to.
public struct Router {
    public enum Match {
        /// With the path's segments behind the prefix.
        case route(Route, segments: [[UInt8]])
        case notFound
        /// The path exists, with other methods.
        case methodNotAllowed([HTTPMethod])
    }

    private let routes: [Route]
    private let prefixes: [[[UInt8]]]

    /// `prefixes`: for example `/chat-server` and a BASE_PATH; the empty one is always there.
    public init(_ routes: [Route], prefixes: [String]) {
        self.routes = routes
        self.prefixes = prefixes.map { $0.split(separator: "/").map { Array($0.utf8) } }.filter {
            !$0.isEmpty
        }
    }

    public func match(_ method: HTTPMethod, path: [[UInt8]]) -> Match {
        var allowed = [HTTPMethod]()
        if let route = find(method, path[...], &allowed) { return .route(route, segments: path) }
        for segments in behindPrefixes(path) {
            if let route = find(method, segments, &allowed) {
                return .route(route, segments: Array(segments))
            }
        }
        return allowed.isEmpty ? .notFound : .methodNotAllowed(allowed)
    }

    /// Adds the methods of the routes that match but for theirs to `allowed`.
    private func find(
        _ method: HTTPMethod, _ segments: ArraySlice<[UInt8]>, _ allowed: inout [HTTPMethod]
    ) -> Route? {
        for route in routes where route.matches(segments) {
            if route.methods.contains(method) { return route }
            allowed += route.methods
        }
        return nil
    }

    /// What stands behind each prefix that the path begins with (one may stand in another).
    private func behindPrefixes(_ path: [[UInt8]]) -> [ArraySlice<[UInt8]>] {
        var found = [path[...]]
        var next = 0
        while next < found.count {
            let rest = found[next]
            next += 1
            for prefix in prefixes where rest.starts(with: prefix) && found.count <= prefixes.count {
                found.append(rest.dropFirst(prefix.count))
            }
        }
        return Array(found.dropFirst())
    }
}
