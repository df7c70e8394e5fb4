import EventLoop
import LogLine
import Replication
import Views
import Web

/// `POST /confirmations`, and the default of what writes ask for: docs/openapi.yaml.
@LoopActor
struct ConfirmationEndpoints {
    private let desk: ConfirmationDesk
    private let core: LogCore

    init(_ desk: ConfirmationDesk, core: LogCore) {
        self.desk = desk
        self.core = core
    }

    var routes: [Route] {
        [
            Route(
                .post, "/confirmations", bodyBytesMax: ConfirmationLimits.requestBytesMax, isGuarded: true,
                { confirm($0) }),
            Route(.get, "/admin/write-quorum", isGuarded: true, { $0.respond(quorum()) }),
            Route(.put, "/admin/write-quorum", bodyBytesMax: 1024, isGuarded: true, { setQuorum($0) }),
        ]
    }

    // MARK: Confirmations

    private func confirm(_ exchange: Exchange) {
        exchange.answering { () throws(Problem) in
            try exchange.refuseQuery()
            let waits = try Problem.from { () throws(InvalidField) in
                try ConfirmationEndpoints.waits(exchange.body)
            }
            exchange.respond(
                Response(
                    200, fields: [("content-type", MediaType.ndjson), ("cache-control", "no-store")],
                    body: .stream(length: nil) { ConfirmationAnswer(waits, desk, core, $0).start() }))
        }
    }

    private static func waits(_ body: ByteSlice) throws(InvalidField) -> [ConfirmationWait] {
        var waits = [ConfirmationWait]()
        let lines = body.pointer.split(separator: UInt8(ascii: "\n"))
        guard !lines.isEmpty, lines.count <= ConfirmationLimits.waitsPerRequestMax else {
            throw InvalidField(
                field: nil,
                detail: "the body holds \(lines.count) waits; it takes 1 to "
                    + "\(ConfirmationLimits.waitsPerRequestMax), one a line")
        }
        for line in lines {
            waits.append(try ConfirmationWait.decode(UnsafeRawBufferPointer(rebasing: line)))
        }
        return waits
    }

    // MARK: The default

    private func quorum() -> Response {
        Response(200, type: MediaType.json) {
            $0.append(utf8: "{\"write_quorum\":\"\(desk.defaultRequirement)\"}\n")
        }
    }

    private func setQuorum(_ exchange: Exchange) {
        exchange.answering { () throws(Problem) in
            try exchange.refuseQuery()
            let draft = try Problem.from { () throws(InvalidField) in
                try ConfirmationEndpoints.draft(try ConfirmationEndpoints.requirement(exchange.body.pointer))
            }
            core.append(draft) { exchange.respond(Response($0)) }
        }
    }

    private static func draft(_ requirement: ConfirmationRequirement) throws(InvalidField) -> Draft {
        Draft(
            channel: try Channel(validating: Array("\(ClusterSettings.channel)".utf8)),
            key: try Key(validating: Array(ClusterSettings.writeQuorumKey.utf8)),
            body: .data(
                kind: Kind(trusted: ClusterSettings.kind),
                json: ClusterSettings.data(writeQuorum: requirement.description)))
    }

    private static func requirement(
        _ body: UnsafeRawBufferPointer
    ) throws(InvalidField) -> ConfirmationRequirement {
        let field = "write_quorum"
        var reader = JSONReader(body)
        var text: String?
        try reader.beginObject(field: nil)
        while let name = try reader.nextKey() {
            guard name.elementsEqual(field.utf8) else {
                throw InvalidField(field: nil, detail: "the object takes write_quorum alone")
            }
            text = String(decoding: try reader.string(field: field, bytesMax: 64), as: UTF8.self)
        }
        try reader.end()
        guard let text, let requirement = ConfirmationRequirement(text) else {
            throw InvalidField(
                field: field,
                detail: "write_quorum is '\(text ?? "")'; it takes \(ConfirmationRequirement.expects)")
        }
        return requirement
    }
}

/// The answer to one `POST /confirmations`: a line for each wait, as soon as that one is settled.
@LoopActor
private final class ConfirmationAnswer {
    private let waits: [ConfirmationWait]
    private let desk: ConfirmationDesk
    private let core: LogCore
    private let writer: BodyWriter
    private var numbers = Set<Int>()
    private var missing: Int

    init(
        _ waits: [ConfirmationWait], _ desk: ConfirmationDesk, _ core: LogCore, _ writer: BodyWriter
    ) {
        self.waits = waits
        self.desk = desk
        self.core = core
        self.writer = writer
        missing = waits.count
    }

    func start() {
        // The writer and the waits hold the answer, as long as it lasts.
        writer.onAbandoned = { self.desk.cancel(self.numbers) }
        for wait in waits { start(wait) }
    }

    private func start(_ wait: ConfirmationWait) {
        // Nobody has to be asked for a line that there is not: it would be asked for instead of those that
        // others wait for.
        guard wait.epoch == nil || wait.epoch == core.epoch, wait.offset <= core.head else {
            return settled(wait, .unknown, number: nil)
        }
        let number = desk.wait(wait.offset, wait.requirement, timeout: wait.timeout) { number, result in
            self.settled(wait, result, number: number)
        }
        if let number { numbers.insert(number) }
    }

    private func settled(_ wait: ConfirmationWait, _ result: ConfirmationResult, number: Int?) {
        if let number { numbers.remove(number) }
        let buffer = ByteBuffer()
        result.encode(of: wait, into: buffer)
        writer.write(buffer.takeSlice())
        missing -= 1
        if missing == 0 { writer.finish() }
    }
}
