import EventLoop
import LogLine
import LoopTestSupport
import Operations
import Replication
import Testing

@testable import Web

@Suite("HTTP server: refusals and common rules", .loop)
struct ServerRefusalTests {
    private static let long = String(repeating: "x", count: 20_000)

    @Test(
        "What is no acceptable request gets its status as problem+json, and the connection ends",
        arguments: [
            ("GET /hello HTTP/1.1\r\n\r\n", 400, ProblemType.malformed),
            ("GET  /hello HTTP/1.1\r\nhost: x\r\n\r\n", 400, .malformed),
            ("GET /hello HTTP/1.1\r\nhost : x\r\n\r\n", 400, .malformed),
            (
                "POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n",
                400,
                .malformed
            ),
            ("GET /\(long) HTTP/1.1\r\nhost: x\r\n\r\n", 414, .uriTooLong),
            ("GET /hello HTTP/1.1\r\nhost: x\r\nfield: \(long)\r\n\r\n", 431, .headersTooLarge),
            (
                "POST /echo HTTP/1.1\r\nhost: x\r\ntransfer-encoding: gzip, chunked\r\n\r\n", 501,
                .notImplemented
            ),
            ("GET /hello HTTP/2.0\r\nhost: x\r\n\r\n", 505, .httpVersion),
        ])
    @LoopActor
    func unparsable(request: String, status: Int, type: ProblemType) async throws {
        let fixture = try ServerFixture()
        let peer = try fixture.connect()
        await peer.send(request)
        let answer = try await peer.answer()
        #expect(answer.status == status && answer.closes)
        try expectProblem(answer, type)
        #expect(await peer.rest().end == .end)
    }

    @Test("A malformed request behind good ones leaves their answers as they are")
    @LoopActor
    func malformedBehindGood() async throws {
        let fixture = try ServerFixture()
        let peer = try fixture.connect()
        await peer.send("GET /later/good HTTP/1.1\r\nhost: test\r\n\r\nnonsense\r\n\r\n")
        await fixture.answer("good")
        let first = try await peer.answer()
        #expect(first.text == "good" && !first.closes)
        #expect(try await peer.answer().status == 400)
    }

    @Test("An unknown path gets 404, another method 405 with what is allowed; the connection stays")
    @LoopActor
    func routes() async throws {
        let fixture = try ServerFixture()
        let peer = try fixture.connect()
        await peer.get("/nowhere")
        let notFound = try await peer.answer()
        try expectProblem(notFound, .notFound)
        #expect(notFound.text.contains("/nowhere") && !notFound.closes)
        await peer.send("DELETE /hello HTTP/1.1\r\nhost: test\r\n\r\n")
        let notAllowed = try await peer.answer()
        try expectProblem(notAllowed, .methodNotAllowed)
        #expect(notAllowed.field("allow") == "GET, HEAD")
        await peer.send("GET /echo HTTP/1.1\r\nhost: test\r\n\r\n")
        #expect(try await peer.answer().field("allow") == "POST")
    }

    @Test("A guarded route wants the secret, in any case of the scheme")
    @LoopActor
    func secret() async throws {
        let options = Service.Options(
            prefixes: [], isAuthorised: { $0 == Array("s3cret".utf8) }, allowedOrigins: .none)
        let fixture = try ServerFixture(
            [Route(.get, "/guarded", isGuarded: true) { $0.respond(Response(204)) }], options: options)
        let peer = try fixture.connect()
        for wrong in ["", "authorization: Bearer wrong\r\n", "authorization: Basic s3cret\r\n"] {
            await peer.get("/guarded", wrong)
            let answer = try await peer.answer()
            try expectProblem(answer, .unauthorized)
            #expect(answer.field("www-authenticate") == "Bearer")
        }
        for right in ["Bearer s3cret", "bearer s3cret"] {
            await peer.get("/guarded", "authorization: \(right)\r\n")
            let answer = try await peer.answer()
            #expect(answer.status == 204 && answer.field("content-length") == nil)
        }
        await peer.get("/hello")
        #expect(try await peer.answer().status == 200)
    }

    @Test("Routes answer behind each prefix, one in the other, and without")
    @LoopActor
    func prefixes() async throws {
        let options = Service.Options(prefixes: ["/chat-server", "/base/path"], allowedOrigins: .none)
        let fixture = try ServerFixture(options: options)
        let peer = try fixture.connect()
        for path in ["/hello", "/chat-server/hello", "/base/path/hello", "/base/path/chat-server/hello"] {
            await peer.get(path)
            #expect(try await peer.answer().status == 200, "\(path)")
        }
        for path in ["/base/hello", "/chat-serverx/hello", "/chat-server"] {
            await peer.get(path)
            #expect(try await peer.answer().status == 404, "\(path)")
        }
    }

    @Test("Pages of allowed origins may read every answer, others none")
    @LoopActor
    func origins() async throws {
        let options = Service.Options(prefixes: [], allowedOrigins: .named("https://good.example"))
        let fixture = try ServerFixture(options: options)
        let peer = try fixture.connect()
        for path in ["/hello", "/nowhere"] {
            await peer.get(path, "origin: https://good.example\r\n")
            let allowed = try await peer.answer()
            #expect(allowed.field("access-control-allow-origin") == "https://good.example")
            #expect(allowed.count(of: "access-control-allow-origin") == 1, "\(path)")
            #expect(allowed.field("vary") == "Origin")
            await peer.get(path, "origin: https://bad.example\r\n")
            #expect(try await peer.answer().count(of: "access-control-allow-origin") == 0)
        }
        // Also the refusal of a body
        await peer.send(
            "POST /nowhere HTTP/1.1\r\nhost: x\r\norigin: https://good.example\r\ncontent-length: 9\r\n\r\n")
        let refusal = try await peer.answer()
        #expect(refusal.status == 404 && refusal.count(of: "access-control-allow-origin") == 1)
    }

    @Test("A preflight is answered for any path; a plain OPTIONS says what a path takes")
    @LoopActor
    func preflight() async throws {
        let options = Service.Options(prefixes: [], allowedOrigins: .named("*"))
        let fixture = try ServerFixture(options: options)
        let peer = try fixture.connect()
        await peer.send(
            "OPTIONS /echo HTTP/1.1\r\nhost: x\r\norigin: https://page.example\r\n"
                + "access-control-request-method: POST\r\n\r\n")
        let answer = try await peer.answer()
        #expect(answer.status == 204)
        #expect(answer.field("access-control-allow-origin") == "https://page.example")
        #expect(answer.field("access-control-allow-methods")?.contains("POST") == true)
        #expect(answer.field("access-control-allow-headers")?.contains("Content-Type") == true)
        await peer.send("OPTIONS /echo HTTP/1.1\r\nhost: x\r\n\r\n")
        let plain = try await peer.answer()
        #expect(plain.status == 405 && plain.field("allow") == "POST")
    }

    @Test("Beyond its connections the server refuses with 503; when one ends there is room again")
    @LoopActor
    func connectionsMax() async throws {
        let fixture = try ServerFixture(limits: .with { $0.connectionsMax = 2 })
        let first = try fixture.connect()
        let second = try fixture.connect()
        for peer in [first, second] {
            await peer.get("/hello")
            #expect(try await peer.answer().status == 200)
        }
        let third = try fixture.connect()
        let refusal = try await third.answer()
        try expectProblem(refusal, .overloaded)
        #expect(refusal.closes && refusal.field("retry-after") == "1")
        #expect(await third.rest().end == .end)
        third.socket.endSending()
        first.socket.endSending()
        await eventually("both are gone") { fixture.server.connectionCount == 1 }
        let fourth = try fixture.connect()
        await fourth.get("/hello")
        #expect(try await fourth.answer().status == 200)
    }

    @LoopActor
    private func expectProblem(_ answer: Answer, _ type: ProblemType) throws {
        #expect(answer.status == type.status)
        #expect(answer.field("content-type") == MediaType.problem)
        let problem = try answer.body.withUnsafeBytes { try Problem.decode($0) }
        #expect(problem.type == type)
        #expect(!problem.detail.isEmpty)
    }
}
