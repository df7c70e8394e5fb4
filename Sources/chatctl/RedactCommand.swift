import LogLine
import Replication
import SegmentStore
import Views

/// `log redact`: takes what a message says out of a log that no service uses.
enum RedactCommand {
    static let command = ChatControl.Command(
        name: "log redact", usage: "log redact OFFSET --data-dir DIR",
        summary: "Erases a message's text and its edits' for good; epoch, offsets and digest stay.",
        options: [LogCommands.directoryOption]
    ) { (arguments) throws(ChatControl.Failure) in
        try arguments.require("an offset")
        let path = try LogCommands.directory(arguments)
        var redaction = Redaction(of: try offset(arguments.positional[0]))
        let report: RedactionReport
        do throws(LogError) {
            report = try LogRedactor(directory: path).run { (scan, line) throws(LogError) in
                do throws(LineError) { return try redaction.take(line, scan) } catch {
                    throw LogError(.damaged, "offset \(scan.offset): \(error)")
                }
            }
        } catch {
            throw ChatControl.Failure(error.message)
        }
        try tell(redaction, report, path)
    }

    private static func offset(_ text: String) throws(ChatControl.Failure) -> Offset {
        guard let offset = Offset(decimal: text), offset > .zero else {
            throw ChatControl.Failure("'\(text)' is no offset; the first is 1", code: .badSettings)
        }
        return offset
    }

    private static func tell(
        _ redaction: Redaction, _ report: RedactionReport, _ path: String
    ) throws(ChatControl.Failure) {
        switch redaction.finding {
        case .missing:
            throw ChatControl.Failure("there is no offset \(redaction.offset); the last is \(report.head)")
        case .unsuitable(let kind):
            throw ChatControl.Failure(
                "offset \(redaction.offset), a line of kind '\(kind)', has no text that can be erased; "
                    + "messages and edits (kind 'edit') have")
        case .message, .edit: break
        }
        guard !redaction.erased.isEmpty else {
            return Terminal.say("offset \(redaction.offset) was redacted before; nothing was changed")
        }
        let offsets = redaction.erased.map(\.description).joined(separator: ", ")
        Terminal.say("erased the text of offset \(offsets)")
        Terminal.say("epoch \(report.epoch), offset \(report.head), digest \(report.digest), all as before")
        Terminal.say(
            "once the log runs, chat-servers notice and read everything again, within 20 s; until then they "
                + "show the text")
        Terminal.say("copies of \(path) made before hold it, too")
        guard report.hasCutFiles else { return }
        Terminal.say("\(path)/cut holds bytes that were taken out of the log: look whether it is among them")
    }
}
