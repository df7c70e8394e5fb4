import LogLine
import Replication
import Testing
import Views

@testable import ChatService

@Suite("Refusals of the chat")
struct ChatProblemTests {
    private static let name = Array("alice".utf8)

    @Test(
        "have a status, a type and a sentence",
        arguments: [
            (ChatRefusal.invalid(InvalidField(field: "title", detail: "title is empty")), 400),
            (.invalid(InvalidField(field: "title", trouble: .tooLarge, detail: "title has 200 bytes")), 413),
            (.signedOut, 401), (.notSignedIn, 401),
            (.nameOfAccount(name), 401), (.forbidden("it takes an owner"), 403),
            (.noSuchChannel, 404), (.noSuchAccount(name), 404), (.noSuchMember(name), 404),
            (.noSuchMessage(Offset(7)), 404), (.taken("the name is taken"), 409),
            (.conflict("the last owner stays"), 409), (.deleted(Offset(7)), 410), (.behind(Offset(7)), 504),
            (.noAccounts, 503),
        ])
    func statuses(refusal: ChatRefusal, status: Int) {
        let problem = Problem(refusal)
        #expect(problem.status == status)
        #expect(!problem.detail.isEmpty)
    }

    @Test("say which field is to blame, and name what is missing, cut to a name's length")
    func details() {
        #expect(Problem(.invalid(InvalidField(field: "title", detail: "d"))).field == "title")
        #expect(Problem(.noSuchAccount(Self.name)).detail == "there is no account alice")
        let long = [UInt8](repeating: 0x61, count: 10_000)
        #expect(Problem(.noSuchAccount(long)).detail.utf8.count < 100)
    }
}
