import EventLoop
import Web

/// The pages with their styles and scripts, under each prefix: the telemetry page at `/telemetry`, and where
/// there is one the chat's at `/`. All links in them are relative.
///
/// A file is asked for anew with each visit and answered with 304 while it is the same (its ETag): pods of
/// two versions may stand behind one address, so nothing may be taken from a cache unasked.
@LoopActor
public struct PageEndpoints {
    /// What the page may do (W3C CSP 3): load its own files and talk with this server. No inline script or
    /// style, no other site, no frame around it, and texts never become markup (Trusted Types).
    private static let policy = [
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'",
        "connect-src 'self'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
        "require-trusted-types-for 'script'", "trusted-types 'none'",
    ].joined(separator: "; ")

    private let files: [PageFile]

    /// `hasChat`: the chat's page is served, too.
    public init(hasChat: Bool) {
        let chat = hasChat ? PageFile.chat : []
        let known = Set(chat.map(\.path))
        files = chat + PageFile.telemetry.filter { !known.contains($0.path) }
    }

    public var routes: [Route] {
        files.flatMap { file in
            guard file.path.isEmpty else {
                let route = Route(.get, "/\(file.path)") { serve(file, to: $0) }
                return file.isPage ? [route, redirect(behind: file)] : [route]
            }
            return [
                Route(.get, "/") { serve(file, to: $0) },
                Route(.get, "") { servePage(file, to: $0) },
            ]
        }
    }

    /// `/chat-server` has no slash that relative links could stand behind: the browser is sent to
    /// `/chat-server/`, by a relative address, since a proxy may have taken a prefix away.
    private func servePage(_ page: PageFile, to exchange: Exchange) {
        guard let prefix = exchange.head?.path.segments.last else { return serve(page, to: exchange) }
        let name = PathEncoding.encode(segment: prefix)
        exchange.respond(Response(308, fields: [("location", "./\(name)/")]))
    }

    /// `/telemetry/`: its relative links hold without the slash.
    private func redirect(behind page: PageFile) -> Route {
        Route(.get, "/\(page.path)/") { exchange in
            exchange.respond(Response(308, fields: [("location", "../\(page.path)")]))
        }
    }

    private func serve(_ file: PageFile, to exchange: Exchange) {
        let fields = [
            (name: "etag", value: file.tag), ("cache-control", "no-cache"),
            ("content-security-policy", Self.policy), ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"), ("cross-origin-opener-policy", "same-origin"),
        ]
        let held = exchange.head?.header("if-none-match") ?? ""
        guard !Self.list(held, names: file.tag) else {
            return exchange.respond(Response(304, fields: fields))
        }
        let type = (name: "content-type", value: file.mediaType)
        exchange.respond(Response(200, fields: [type] + fields, body: .bytes(file.content)))
    }

    /// Whether an If-None-Match field holds the tag; its weak form counts (RFC 9110 13.1.2).
    private static func list(_ field: String, names tag: String) -> Bool {
        field.split(separator: ",").contains { item in
            let item = item.drop { $0 == " " || $0 == "\t" }
            let strong = item.hasPrefix("W/") ? item.dropFirst(2) : item
            return strong.prefix { $0 != " " } == tag || item == "*"
        }
    }
}
