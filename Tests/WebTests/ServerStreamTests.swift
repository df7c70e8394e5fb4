import EventLoop
import LogLine
import LoopTestSupport
import Testing

@testable import Web

@Suite("HTTP server: streamed answers", .loop)
struct ServerStreamTests {
    @Test("A stream with a length carries it, one without is chunked, and the connection stays open")
    @LoopActor
    func framing() async throws {
        let fixture = try ServerFixture([stream("/sized", length: 6), stream("/chunked", length: nil)])
        let peer = try fixture.connect()
        for _ in 0..<2 {
            await peer.get("/sized")
            let sized = try await peer.answer()
            #expect(sized.text == "abcdef" && sized.field("content-length") == "6" && !sized.isChunked)
            await peer.get("/chunked")
            let chunked = try await peer.answer()
            #expect(chunked.text == "abcdef" && chunked.isChunked)
            #expect(chunked.field("content-length") == nil)
        }
    }

    @Test("For HTTP/1.0 a stream without a length ends with the connection")
    @LoopActor
    func untilClose() async throws {
        let fixture = try ServerFixture([stream("/chunked", length: nil)])
        let peer = try fixture.connect()
        // Whatever else the client asked for: behind such an answer there is no other
        let request = "GET /chunked HTTP/1.0\r\nconnection: keep-alive\r\n\r\n"
        await peer.send(request + request)
        let answer = try await peer.answer()
        #expect(answer.text == "abcdef" && !answer.isChunked && answer.closes)
    }

    @Test("For HTTP/1.0 a stream without a length is the last answer, also of several that wait")
    @LoopActor
    func untilCloseBeforeOthers() async throws {
        let fixture = try ServerFixture()
        let peer = try fixture.connect()
        for name in ["a", "b"] {
            await peer.send("GET /later/\(name) HTTP/1.0\r\nconnection: keep-alive\r\n\r\n")
        }
        await eventually("both come") { fixture.later.count == 2 }
        fixture.later["b"]?.respond(Response(200, type: MediaType.text) { $0.append("the second") })
        fixture.later["a"]?.respond(
            Response(
                200,
                body: .stream(length: nil) { writer in
                    writer.write(ByteSlice(Array("the first".utf8)))
                    writer.finish()
                }))
        let answer = try await peer.answer()
        #expect(answer.text == "the first" && answer.closes)
    }

    @Test("Streams that are complete at once are followed by every other answer that waits")
    @LoopActor
    func completeAtOnce() async throws {
        let fixture = try ServerFixture([stream("/stream", length: 6)])
        let peer = try fixture.connect()
        let names = ["a", "b", "c"]
        for name in names + ["last"] { await peer.get("/later/\(name)") }
        await eventually("all come") { fixture.later.count == names.count + 1 }
        // When the streams stand ready behind the first answer
        for name in names.reversed() {
            fixture.later[name]?.respond(
                Response(
                    200,
                    body: .stream(length: nil) { writer in
                        writer.write(ByteSlice(Array(name.utf8)))
                        writer.finish()
                    }))
        }
        // Then none is lost, and what waits longer is answered as well
        for name in names { #expect(try await peer.answer().text == name) }
        await fixture.answer("last")
        #expect(try await peer.answer().text == "last")
        await peer.get("/hello")
        #expect(try await peer.answer().text == "hello")
    }

    @Test("A stream goes on when there is room, and what is queued for a slow reader stays bounded")
    @LoopActor
    func backpressure() async throws {
        let piece = ByteSlice([UInt8](repeating: 0x73, count: 64 * 1024))
        var queuedMax = 0
        var written = 0
        let total = 160
        let fixture = try ServerFixture([
            Route(.get, "/much") { exchange in
                exchange.respond(
                    Response(
                        200,
                        body: .stream(length: nil) { writer in
                            writer.onRoom = {
                                while written < total, writer.hasRoom {
                                    writer.write(piece)
                                    written += 1
                                    queuedMax = max(queuedMax, writer.queuedBytes)
                                }
                                if written == total { writer.finish() } else { writer.waitForRoom() }
                            }
                        }))
            }
        ])
        let peer = try fixture.connect(receiveBytes: 65_536)
        await peer.get("/much")
        await eventually("it has begun") { written > 0 }
        for _ in 0..<10 { await turn() }
        #expect(written < total)
        let answer = try await peer.answer()
        #expect(answer.body.count == total * piece.count)
        #expect(queuedMax < ConnectionLimits.lowWaterBytes + piece.count + 64)
    }

    @Test("A stream that fails ends the connection without a proper end, and says so to its writer")
    @LoopActor
    func failure() async throws {
        var abandonedCount = 0
        var writers = [BodyWriter]()
        let fixture = try ServerFixture([
            Route(.get, "/broken") { exchange in
                exchange.respond(
                    Response(
                        200,
                        body: .stream(length: nil) { writer in
                            writer.onAbandoned = { abandonedCount += 1 }
                            writer.write(ByteSlice(Array("part".utf8)))
                            writers.append(writer)
                        }))
            }
        ])
        let peer = try fixture.connect()
        await peer.get("/broken")
        await eventually("it has begun") { writers.first?.queuedBytes == 0 }
        writers.first?.fail("out of order")
        await #expect(throws: HTTPPeer.Failure.self) { _ = try await peer.answer() }
        #expect(abandonedCount == 1)
        // What is written afterwards does no harm
        writers.first?.write(ByteSlice([1]))
        writers.first?.finish()
        await fixture.expectNoConnections()
        #expect(abandonedCount == 1)
    }

    @Test("A stream that ends before its length ends the connection too")
    @LoopActor
    func tooShort() async throws {
        let fixture = try ServerFixture([
            Route(.get, "/short") { exchange in
                exchange.respond(
                    Response(
                        200,
                        body: .stream(length: 10) { writer in
                            writer.write(ByteSlice(Array("part".utf8)))
                            writer.finish()
                        }))
            }
        ])
        let peer = try fixture.connect()
        await peer.get("/short")
        await #expect(throws: HTTPPeer.Failure.self) { _ = try await peer.answer() }
    }

    @Test("A stream whose reader goes away is told, once")
    @LoopActor
    func abandoned() async throws {
        var abandonedCount = 0
        var writers = [BodyWriter]()
        let fixture = try ServerFixture([
            Route(.get, "/endless") { exchange in
                exchange.respond(
                    Response(
                        200,
                        body: .stream(length: nil) { writer in
                            writer.onAbandoned = { abandonedCount += 1 }
                            writer.write(ByteSlice(Array("begun".utf8)))
                            writers.append(writer)
                        }))
            }
        ])
        let peer = try fixture.connect()
        await peer.get("/endless")
        await eventually("it has begun") { writers.first?.queuedBytes == 0 }
        peer.socket.reset()
        await eventually("it is told") { abandonedCount == 1 }
        #expect(writers.first?.isFinished == true)
        await fixture.expectNoConnections()
        #expect(abandonedCount == 1)
    }

    @Test(
        "A region of a file is sent from where it stands, in chunks or with its length", arguments: [nil, 7])
    @LoopActor
    func file(length: Int?) async throws {
        let file = try TextFile("0123456789")
        let fixture = try ServerFixture([
            Route(.get, "/file") { exchange in
                exchange.respond(
                    Response(
                        200,
                        body: .stream(length: length) { writer in
                            writer.write(file: file.descriptor, owner: file, offset: 2, count: 4)
                            writer.write(file: file.descriptor, owner: file, offset: 7, count: 3)
                            writer.finish()
                        }))
            }
        ])
        let peer = try fixture.connect()
        for _ in 0..<2 {
            await peer.get("/file")
            #expect(try await peer.answer().text == "2345789")
        }
    }

    /// Answers `abcdef` in two pieces, the second in a later turn.
    @LoopActor
    private func stream(_ path: String, length: Int?) -> Route {
        Route(.get, path) { exchange in
            exchange.respond(
                Response(
                    200,
                    body: .stream(length: length) { writer in
                        writer.write(ByteSlice(Array("abc".utf8)))
                        writer.onRoom = {
                            writer.write(ByteSlice(Array("def".utf8)))
                            writer.finish()
                        }
                    }))
        }
    }
}
