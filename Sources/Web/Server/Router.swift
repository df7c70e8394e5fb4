import EventLoop

/// What is done with requests of one method and path.
public struct Route {
    public enum Segment: Equatable, Sendable {
        case literal(String)
        /// Any one segment.
        case parameter
    }

    public let method: HTTPMethod
    public let pattern: [Segment]
    public let bodyBytesMax: Int
    /// Wants the cluster's secret as bearer token, where there is one.
    public let isGuarded: Bool
    public let handle: @LoopActor (Exchange) -> Void

    /// `path`: `/messages/*`, a star for any one segment.
    public init(
        _ method: HTTPMethod, _ path: String, bodyBytesMax: Int = 0, isGuarded: Bool = false,
        _ handle: @escaping @LoopActor (Exchange) -> Void
    ) {
        self.method = method
        pattern = path.split(separator: "/").map { $0 == "*" ? .parameter : .literal(String($0)) }
        self.bodyBytesMax = bodyBytesMax
        self.isGuarded = isGuarded
        self.handle = handle
    }

    func matches(_ segments: ArraySlice<[UInt8]>) -> Bool {
        guard segments.count == pattern.count else { return false }
        return zip(segments, pattern).allSatisfy { segment, wanted in
            switch wanted {
            case .literal(let text): segment.elementsEqual(text.utf8)
            case .parameter: true
            }
        }
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
    private let prefixes: [[String]]

    /// `prefixes`: for example `/chat-server` and a BASE_PATH; the empty one is always there.
    public init(_ routes: [Route], prefixes: [String]) {
        self.routes = routes
        self.prefixes = prefixes.map { $0.split(separator: "/").map(String.init) }.filter { !$0.isEmpty }
    }

    public func match(_ method: HTTPMethod, path: [[UInt8]]) -> Match {
        var allowed = [HTTPMethod]()
        for segments in candidates(path) {
            for route in routes where route.matches(segments) {
                if route.method == method || (method == .head && route.method == .get) {
                    return .route(route, segments: Array(segments))
                }
                allowed.append(route.method)
                if route.method == .get { allowed.append(.head) }
            }
        }
        return allowed.isEmpty ? .notFound : .methodNotAllowed(allowed)
    }

    /// The path as it is, and behind each prefix it begins with (one may stand in another).
    private func candidates(_ path: [[UInt8]]) -> [ArraySlice<[UInt8]>] {
        var found = [path[...]]
        var next = 0
        while next < found.count {
            let rest = found[next]
            next += 1
            for prefix in prefixes where rest.count >= prefix.count {
                let begins = zip(rest, prefix).allSatisfy { $0.elementsEqual($1.utf8) }
                if begins, found.count <= prefixes.count { found.append(rest.dropFirst(prefix.count)) }
            }
        }
        return found
    }
}
