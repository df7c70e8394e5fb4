import LogLine
import Replication
import Testing

func encoded(_ encode: (ByteBuffer) -> Void) -> String {
    let out = ByteBuffer()
    encode(out)
    return out.text
}

@Suite("Problems")
struct ProblemTests {
    @Test("stand in one table: distinct lasting types, statuses of errors, a title and a remedy each")
    func table() {
        let types = ProblemType.allCases
        #expect(Set(types.map(\.uri)).count == types.count)
        for type in types {
            #expect(ProblemType(uri: type.uri) == type)
            #expect((400..<600).contains(type.status))
            #expect(!type.title.isEmpty)
            #expect((type.retryAfterSeconds != nil) == (type.remedy == .retry))
            #expect(type.status != 503 || type.retryAfterSeconds != nil)
        }
        #expect(ProblemType.idConflict.uri == "/problems/id-conflict")
    }

    @Test(
        "have the contract's statuses",
        arguments: [
            (ProblemType.malformed, 400), (.unauthorized, 401), (.notFound, 404), (.methodNotAllowed, 405),
            (.timeout, 408), (.epochConflict, 409), (.beyondHead, 409), (.digestConflict, 409),
            (.idConflict, 409), (.expectationFailed, 409), (.tooLarge, 413), (.uriTooLong, 414),
            (.headersTooLarge, 431), (.forbiddenOrigin, 403), (.upgradeRequired, 426), (.notImplemented, 501),
            (.signInRequired, 401), (.forbidden, 403), (.conflict, 409), (.deleted, 410),
            (.tooManyRequests, 429), (.overloaded, 503), (.unavailable, 503), (.outcomeUnknown, 504),
            (.notConfirmed, 504),
            (.diskFull, 507),
        ])
    func statuses(type: ProblemType, status: Int) {
        #expect(type.status == status)
    }

    @Test("name the id as what makes a retry safe only where something was written, perhaps")
    func remediesOfTimeouts() {
        #expect(ProblemType.outcomeUnknown.remedy == .retrySameID)
        #expect(ProblemType.waitTimedOut.remedy == .readAgain)
    }

    @Test("are written with their members in a fixed order")
    func golden() {
        let problem = Problem(.tooLarge, "a \"b\"", field: "message_text")
        #expect(
            encoded { problem.encode(into: $0) }
                == """
                {"type":"/problems/too-large","title":"The body or a field is too large","status":413,\
                "detail":"a \\"b\\"","remedy":"fix the request","field":"message_text"}
                """)
    }

    @Test("are read back as they were written, with all their members", arguments: ProblemType.allCases)
    func roundTrip(type: ProblemType) throws {
        let problem = Problem(
            type, "what is wrong\n", field: "f", id: try message("x", id: "i:1").id, firstOffset: Offset(7),
            current: try message("x", expect: ["a": 0, "b\"": 12]).expectations,
            log: LogIdentity(epoch: sampleEpoch, offset: Offset(9), digest: Digest(0xAB)), retryAfter: 30)
        #expect(problem.retryAfterSeconds == 30)
        let bytes = Array(encoded { problem.encode(into: $0) }.utf8)
        #expect(try bytes.withUnsafeBytes { try Problem.decode($0) } == problem)
    }

    @Test("of a later version are taken for the nearest with their status")
    func unknownType() throws {
        let text = #"{"type":"/problems/new","status":409,"detail":"d","more":[1]}"#
        let problem = try Array(text.utf8).withUnsafeBytes { try Problem.decode($0) }
        #expect(problem.type.status == 409 && problem.detail == "d")
        #expect(ProblemType.nearest(status: 499) == .malformed)
        #expect(ProblemType.nearest(status: 599) == .internal)
        #expect(ProblemType(uri: "about:blank") == nil)
    }

    @Test(
        "that are none are refused, naming the member",
        arguments: [
            (#"{"status":400}"#, "type"), (#"{"type":"/problems/malformed"}"#, "status"),
            (#"{"type":"/problems/malformed","status":200}"#, "status"),
            (#"{"type":"/problems/malformed","status":600}"#, "status"),
            (#"{"type":1,"status":400}"#, "type"),
            (#"{"type":"a","status":400,"id":"ä"}"#, "id"),
            (#"{"type":"a","status":400,"epoch":"XY"}"#, "epoch"),
            (#"{"type":"a","status":400,"digest":"0"}"#, "digest"),
            (#"{"type":"a","status":400,"current":{"":1}}"#, "current"),
        ])
    func refused(text: String, field: String) {
        let error = #expect(throws: InvalidField.self) {
            try Array(text.utf8).withUnsafeBytes { try Problem.decode($0) }
        }
        #expect(error?.field == field)
    }

    @Test("come of invalid fields, refused drafts and failed writes")
    func causes() throws {
        let draft = try message("x", id: "i")
        #expect(Problem(InvalidField(field: "id", detail: "d")) == Problem(.malformed, "d", field: "id"))
        #expect(Problem(InvalidField(field: nil, trouble: .tooLarge, detail: "d")).status == 413)
        let conflict = Problem(.idConflict(first: Offset(3)), of: draft)
        #expect(conflict.type == .idConflict && conflict.firstOffset == Offset(3) && conflict.id == draft.id)
        let current = try message("x", expect: ["k": 4]).expectations
        let unmet = Problem(.expectationsUnmet(current), of: draft)
        #expect(unmet.type == .expectationFailed && unmet.current == current)
        #expect(Problem(.overloaded(lines: 1, bytes: 2), of: draft).type == .overloaded)
        let full = Problem(LogError(.diskFull, "data/segments/1.ndjson: no space"))
        #expect(
            full.type == .diskFull && !full.detail.contains("segments"), "files are the operator's matter")
        #expect(Problem(LogError(.ioError, "bad")).type == .ioError)
        for code in [LogError.Code.syncFailed, .locked, .damaged, .unusable] {
            #expect(Problem(LogError(code, "bad")).type == .internal)
        }
    }
}

@Suite("The answer to an append")
struct AppendResultTests {
    private func receipt(id: String?) throws -> Receipt {
        let draft = try message("x", id: id, channel: "a\"b")
        return Receipt(
            position: Position(epoch: sampleEpoch, offset: Offset(42)), time: sampleTime,
            channel: draft.channel, id: draft.id)
    }

    @Test("is the receipt, marked when it is repeated")
    func golden() throws {
        let members =
            #""offset":42,"epoch":"8f14e45fceea167a","time":"\#(sampleTime)","channel":"a\"b","id":"c7""#
        let receipt = try receipt(id: "c7")
        #expect(encoded { receipt.encode(into: $0) } == "{\(members)}")
        #expect(encoded { AppendResult.written(receipt).encode(into: $0) } == "{\(members)}\n")
        #expect(
            encoded { AppendResult.repeated(receipt).encode(into: $0) } == "{\(members),\"repeated\":true}\n")
    }

    @Test("is read back as it was written")
    func roundTrip() throws {
        let results: [AppendResult] = [
            .written(try receipt(id: nil)), .written(try receipt(id: "i")), .repeated(try receipt(id: "i")),
            .refused(Problem(.diskFull, "full")), .refused(Problem(.idConflict, "", firstOffset: Offset(1))),
        ]
        for result in results {
            let line = encoded { result.encode(into: $0) }
            #expect(line.hasSuffix("\n"))
            let read = try Array(line.utf8.dropLast()).withUnsafeBytes { try AppendResult.decode($0) }
            #expect(read == result)
        }
        #expect(results.map(\.status) == [201, 201, 200, 507, 409])
    }

    @Test("passes over members of later versions")
    func unknownMembers() throws {
        let written = AppendResult.written(try receipt(id: "i"))
        let text = encoded { written.encode(into: $0) }
        let later = text.replacingFirst("{", with: #"{"new":{"a":[null]},"#)
        let read = try Array(later.utf8.dropLast()).withUnsafeBytes { try AppendResult.decode($0) }
        #expect(read == written)
    }

    @Test(
        "is refused when a member is missing or wrong",
        arguments: [
            (#"{"epoch":"8f14e45fceea167a","time":"2026-11-20T06:31:00.123Z","channel":"a"}"#, "offset"),
            (
                #"{"offset":0,"epoch":"8f14e45fceea167a","time":"2026-11-20T06:31:00.123Z","channel":"a"}"#,
                "offset"
            ),
            (#"{"offset":1,"time":"2026-11-20T06:31:00.123Z","channel":"a"}"#, "epoch"),
            (#"{"offset":1,"epoch":"8f14e45fceea167a","channel":"a"}"#, "time"),
            (
                #"{"offset":1,"epoch":"8f14e45fceea167a","time":"2026-13-20T06:31:00.123Z","channel":"a"}"#,
                "time"
            ),
            (#"{"offset":1,"epoch":"8f14e45fceea167a","time":"2026-11-20T06:31:00.123Z"}"#, "channel"),
            (#"{"offset":1,"epoch":"8f14e45fceea167a","channel":"a/b"}"#, "channel"),
            (#"{"repeated":1}"#, "repeated"), (#"{"error":{"status":400}}"#, "type"),
        ])
    func refused(text: String, field: String) {
        let error = #expect(throws: InvalidField.self) {
            try Array(text.utf8).withUnsafeBytes { try AppendResult.decode($0) }
        }
        #expect(error?.field == field)
    }

    @Test("is refused when it is cut off anywhere")
    func truncated() throws {
        let repeated = AppendResult.repeated(try receipt(id: "i"))
        let line = Array(encoded { repeated.encode(into: $0) }.utf8.dropLast())
        for count in 0..<line.count {
            #expect(throws: InvalidField.self) {
                try Array(line[..<count]).withUnsafeBytes { try AppendResult.decode($0) }
            }
        }
    }
}

extension String {
    fileprivate func replacingFirst(_ prefix: String, with other: String) -> String {
        hasPrefix(prefix) ? other + dropFirst(prefix.count) : self
    }
}
