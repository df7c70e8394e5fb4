import LogLine

extension Amendments {
    /// Whether a line (without its newline) is an edit of a message that has been deleted since: it holds
    /// what nobody is to read any more.
    public func isRetracted(_ bytes: UnsafeRawBufferPointer) -> Bool {
        // What is no edit, or makes no sense as one, says nothing of a message.
        guard let scan = try? Line.scan(bytes), !scan.isMessage, let line = try? ChatLine(bytes, scan),
            line.kind == .edit, let target = (try? line.content())?.offset
        else { return false }
        return isDeleted(target)
    }

    /// Appends a message as readers see it now: its line without `crc`, with the current text, and behind it
    /// what became of it. Of a deleted one only the fixed fields, key, author, id and what it answers are
    /// left: nothing that it ever said.
    ///
    /// | member | when | value |
    /// |---|---|---|
    /// | `edited` | the text is another one | the time of the last edit |
    /// | `deleted` | the message was deleted | `true`; there is no `message_text` then |
    /// | `redacted` | what it said was erased for good | the same, instead |
    /// | `reactions` | there are some | `{emoji: [author, …]}`, in their order |
    /// | `replies` | there are some | how many |
    ///
    /// A message that nothing became of is appended as it is. `line`: without its newline, as the log wrote
    /// it.
    public func append(_ line: UnsafeRawBufferPointer, to out: ByteBuffer) {
        // What the index took in can be read; should it not be, nothing is better than what was deleted.
        guard let scan = try? Line.scan(line), let message = try? ChatLine(line, scan) else {
            out.append("{}")
            return
        }
        let replies = replyCount(scan.offset)
        guard let amendment = self[scan.offset] else {
            guard replies > 0 else { return out.append(line) }
            out.append(message.raw(0..<scan.end))
            return appendEnd(replies, to: out)
        }
        guard !amendment.isInvisible || replies > 0 else { return out.append(line) }
        if amendment.isDeleted {
            appendRemains(of: message, amendment, to: out)
        } else {
            append(message, amendment, to: out)
        }
        appendEnd(replies, to: out)
    }

    private func append(_ message: ChatLine, _ amendment: Amendment, to out: ByteBuffer) {
        if let text = amendment.text, let edited = amendment.edited, let range = message.fields.text {
            // The quotes around it are outside of the range.
            out.append(message.raw(0..<range.lowerBound - 1))
            out.appendJSONString(text)
            out.append(message.raw(range.upperBound + 1..<message.scan.end))
            out.append(",\"edited\":\"")
            out.append(utf8: edited.description)
            out.append("\"")
        } else {
            out.append(message.raw(0..<message.scan.end))
        }
        appendReactions(amendment.reactions, to: out)
    }

    private func appendRemains(of message: ChatLine, _ amendment: Amendment, to out: ByteBuffer) {
        out.append(message.raw(0..<message.scan.channel.upperBound + 1))
        appendField(",\"key\":\"", message.fields.key, of: message, to: out)
        appendField(",\"author\":\"", message.fields.author, of: message, to: out)
        appendField(",\"id\":\"", message.fields.id, of: message, to: out)
        if let replyTo = message.fields.replyTo {
            out.append(",\"reply_to\":")
            out.append(message.raw(replyTo))
        }
        out.append(amendment.isRedacted ? ",\"redacted\":true" : ",\"deleted\":true")
    }

    private func appendField(
        _ word: StaticString, _ range: Range<Int>?, of message: ChatLine, to out: ByteBuffer
    ) {
        guard let range else { return }
        out.append(word)
        out.append(message.raw(range))
        out.append("\"")
    }

    private func appendReactions(_ reactions: [Amendment.Reaction], to out: ByteBuffer) {
        guard !reactions.isEmpty else { return }
        out.append(",\"reactions\":{")
        for (index, reaction) in reactions.enumerated() {
            if index > 0 { out.append(",") }
            out.appendJSONString(reaction.emoji)
            out.append(":[")
            for (index, author) in reaction.authors.enumerated() {
                if index > 0 { out.append(",") }
                out.appendJSONString(author)
            }
            out.append("]")
        }
        out.append("}")
    }

    private func appendEnd(_ replies: Int, to out: ByteBuffer) {
        if replies > 0 {
            out.append(",\"replies\":")
            out.append(decimal: UInt64(replies))
        }
        out.append("}")
    }
}
