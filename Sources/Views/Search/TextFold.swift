import LogLine

/// Folds lines, in the order of their offsets, into changes to the texts that can be searched: those of
/// messages as they are now. Agrees with `Amendments`: a text can be found if and only if it is shown.
///
/// Holds the texts of edited messages, because an index forgets a text only by being told it.
public struct TextFold {
    /// The texts that edited messages have now; nil: deleted.
    private var amended: [Offset: [UInt8]?] = [:]

    public init() {}

    /// Appends what a line (without its newline) changes to `changes`; a line that makes no sense changes
    /// nothing.
    /// - Parameter original: the text of an earlier message as it was written; nil: it was never inserted.
    public mutating func take(
        _ bytes: UnsafeRawBufferPointer, into changes: inout [TextChange],
        original: (Offset) -> [UInt8]?
    ) {
        guard let scan = try? Line.scan(bytes), let line = try? ChatLine(bytes, scan) else { return }
        if let text = Self.text(of: line) {
            changes.append(.insert(scan.offset, text))
        } else if line.kind == .edit || line.kind == .delete {
            amend(line, into: &changes, original)
        }
    }

    /// The text of a message that can be searched, as it was written; nil: the line is none.
    /// - Parameter line: without its newline.
    public static func text(of line: UnsafeRawBufferPointer) -> [UInt8]? {
        guard let scan = try? Line.scan(line), let line = try? ChatLine(line, scan) else { return nil }
        return text(of: line)
    }

    private static func text(of line: ChatLine) -> [UInt8]? {
        guard line.scan.isMessage, line.channel.first != UInt8(ascii: "$"), let text = line.fields.text
        else { return nil }
        return Line.unescape(text, in: line.bytes)
    }

    private mutating func amend(
        _ line: ChatLine, into changes: inout [TextChange], _ original: (Offset) -> [UInt8]?
    ) {
        // Such lines change nothing in `Amendments` either.
        guard let content = try? line.content(), let target = try? line.keyedTarget(content) else { return }
        let text = line.kind == .edit ? content.text : nil
        guard line.kind == .delete || text != nil else { return }
        let known = amended[target]
        guard let before = known ?? original(target) else { return }
        changes.append(.remove(target, before))
        if let text { changes.append(.insert(target, text)) }
        amended[target] = .some(text)
    }
}
