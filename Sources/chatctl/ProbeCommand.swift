import Crypto
import EventLoop
import LogLine
import Replication
import Web

/// `probe`: whether the whole way works, from a write to its reader.
enum ProbeCommand {
    static let command = ChatControl.Command(
        name: "probe", usage: "probe CHANNEL",
        summary: "Sends a message and reads it back; exit code 1 when that fails.",
        options: [Endpoint.urlOption, Endpoint.secretOption]
    ) { (arguments) throws(ChatControl.Failure) in
        try arguments.require("a channel")
        let endpoint = try Endpoint(arguments)
        let path = "/messages/\(PathEncoding.encode(segment: Array(arguments.positional[0].utf8)))"
        let id = "probe-\(HexadecimalBytes.text(SecureRandom.bytes(8)))"
        let position = try await send(id, to: path, of: endpoint)
        try await expect(id, at: position, in: path, of: endpoint)
        Terminal.say("sent and read at \(position)")
    }

    /// Writes a message of that id; returns where it stands.
    @LoopActor
    private static func send(
        _ id: String, to path: String, of endpoint: Endpoint
    ) async throws(ChatControl.Failure) -> Position {
        let body = ByteBuffer()
        body.append(utf8: "{\"message_text\":\"Is anybody there?\",\"author\":\"chatctl\",\"id\":\"\(id)\"}")
        let answer = try await endpoint.answer(ClientRequest(.post, path, body: body.takeSlice()))
        let result: AppendResult
        do throws(InvalidField) {
            result = try AppendResult.decode(answer.pointer)
        } catch {
            throw ChatControl.Failure("the write was answered with no receipt: \(error.detail)")
        }
        switch result {
        case .written(let receipt), .repeated(let receipt): return receipt.position
        case .refused(let problem): throw ChatControl.Failure(problem.detail)
        }
    }

    /// Waits until whichever server answers has the position, and checks what stands there.
    @LoopActor
    private static func expect(
        _ id: String, at position: Position, in path: String, of endpoint: Endpoint
    ) async throws(ChatControl.Failure) {
        let query = "at_least=\(position)&after=\(position.offset.previous)&limit=1"
        let answer = try await endpoint.answer(
            ClientRequest(.get, "\(path)?\(query)", fields: [("accept", MediaType.ndjson)]))
        var splitter = LineSplitter(answer.pointer)
        // What is no whole line is not the message either.
        guard let range = splitter.next(),
            let line = try? Line.parse(UnsafeRawBufferPointer(rebasing: answer.pointer[range])),
            line.offset == position.offset, let found = line.id, found.bytes.elementsEqual(id.utf8)
        else { throw ChatControl.Failure("what was sent to \(position) cannot be read there") }
    }
}
