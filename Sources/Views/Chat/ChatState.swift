import LogLine

/// Everything a chat is beside its messages: accounts, rooms, what became of messages, who has read how far.
/// A pure fold over the log: two states that were given the same lines are the same.
///
/// Every line is given to `apply` once, in the order of its offsets. A plain message costs next to nothing as
/// long as there are no accounts, and else the search for its author's name and for `@` in its text; nothing
/// is allocated for one without a mention. A line that makes no sense is counted and changes nothing.
///
/// What somebody wants to do is decided by the extensions in `Decisions`: each returns the draft to append,
/// with what it relies on as expectations, so that the log refuses it when this state was not the newest.
/// Then: apply everything up to the refusal's offsets, and decide again.
///
/// One owner; no locking.
public final class ChatState {
    /// Without the run-time exclusivity check, which each line would pay for: nothing is called out to.
    @exclusivity(unchecked) public private(set) var accounts: Accounts
    public private(set) var rooms: Rooms
    public let amendments = Amendments()
    /// The newest line that was applied.
    @exclusivity(unchecked) public private(set) var applied = Offset.zero
    /// Without a secret of the cluster there are neither accounts nor private rooms.
    public let allowsAccounts: Bool

    private(set) var marks: ReadMarks
    /// Keys of accounts and rooms that are not there, and their last lines: whoever makes them must know.
    private var strayKeys: [[UInt8]: Offset] = [:]
    private var ownSkippedLines = 0

    public init(hash: ChannelHash, allowsAccounts: Bool = true) {
        self.allowsAccounts = allowsAccounts
        accounts = Accounts(hash: hash)
        rooms = Rooms(hash: hash)
        marks = ReadMarks(hash: hash)
    }

    /// Lines of the chat's kinds that made no sense: malformed, or about what is not there.
    public var skippedLines: Int { ownSkippedLines + amendments.skippedLines }

    /// Takes in the log's next line (without its newline), of which `scan` was made.
    public func apply(_ bytes: UnsafeRawBufferPointer, _ scan: LineScan) {
        precondition(scan.offset > applied, "lines come in the order of their offsets")
        applied = scan.offset
        if scan.isMessage {
            amendments.applyMessage(bytes, scan)
            if isPlain(bytes, scan) { return }
        }
        do throws(LineError) {
            let line = try ChatLine(bytes, scan)
            if scan.isMessage { applyMessage(line) }
            if !scan.isMessage || line.fields.key != nil { applyEntry(line) }
        } catch {
            ownSkippedLines += 1
        }
    }

    /// The last offset of an account's or a room's key.
    func strayOffset(_ key: Key) -> Offset { strayKeys[key.bytes] ?? .zero }

    // MARK: Messages

    /// Whether a message needs no more than what is done here: its line is not looked through when it has no
    /// key and its text no `@`.
    private func isPlain(_ bytes: UnsafeRawBufferPointer, _ scan: LineScan) -> Bool {
        guard !accounts.isEmpty else { return !scan.beginsWithKey(in: bytes) }
        let place = scan.authorPlace(in: bytes)
        let behind: Int
        switch place {
        case .at(let range): behind = range.upperBound
        case .none: behind = scan.channel.upperBound
        case .elsewhere: return false
        }
        let line = UnsafeRawBufferPointer(rebasing: bytes[..<scan.end])
        guard Memory.firstIndex(of: UInt8(ascii: "@"), in: line, from: behind) == nil else { return false }
        guard case .at(let range) = place,
            let author = accounts.number(of: UnsafeRawBufferPointer(rebasing: bytes[range]))
        else { return true }
        let channel = UnsafeRawBufferPointer(rebasing: bytes[scan.channel])
        count(marks.advance(author, in: channel, to: scan.offset))
        return true
    }

    private func applyMessage(_ line: ChatLine) {
        let author = line.fields.author.flatMap { accounts.number(of: line.raw($0)) }
        if let author { count(marks.advance(author, in: line.channel, to: line.offset)) }
        guard let range = line.fields.text else { return }
        let text = line.raw(range)
        guard Memory.firstIndex(of: UInt8(ascii: "@"), in: text) != nil else { return }
        // What is escaped would look like a letter before the sign.
        if Memory.firstIndex(of: UInt8(ascii: "\\"), in: text) != nil {
            Line.unescape(range, in: line.bytes).withUnsafeBytes {
                mention($0, by: author, line, line.offset)
            }
        } else {
            mention(text, by: author, line, line.offset)
        }
    }

    /// What an edit says mentions as the message does, to who has not read it yet. (Who is not mentioned any
    /// more was, and stays so.)
    private func applyEdit(_ line: ChatLine) {
        guard let content = try? line.content(), let target = try? line.keyedTarget(content),
            let text = content.text, amendments[target]?.text == text
        else { return }
        let author = line.fields.author.flatMap { accounts.number(of: line.raw($0)) }
        text.withUnsafeBytes { mention($0, by: author, line, target) }
    }

    /// - Parameter offset: of the message.
    private func mention(
        _ text: UnsafeRawBufferPointer, by author: Int?, _ line: ChatLine, _ offset: Offset
    ) {
        for account in Mentions.accounts(in: text, accounts) where account != author {
            guard rooms.isOpen(line.channel, to: account) else { continue }
            count(marks.mention(account, in: line.channel, at: offset))
        }
    }

    private func count(_ isApplied: Bool) {
        if !isApplied { ownSkippedLines += 1 }
    }

    // MARK: Other lines

    private func applyEntry(_ line: ChatLine) {
        do throws(ChatTrouble) {
            switch line.kind {
            case .account: try applyAccount(line)
            case .room: try rooms.apply(line, accounts)
            case .read: try read(line)
            case .edit, .delete, .reaction, nil: break
            }
        } catch {
            ownSkippedLines += 1
        }
        amendments.apply(line)
        if line.kind == .edit, !accounts.isEmpty { applyEdit(line) }
        touch(line)
    }

    private func applyAccount(_ line: ChatLine) throws(ChatTrouble) {
        try accounts.apply(line)
        guard let number = line.author.flatMap({ accounts.number(of: $0) }),
            accounts.list[number].isDeleted
        else { return }
        rooms.bequeath(of: number, accounts)
    }

    private func read(_ line: ChatLine) throws(ChatTrouble) {
        let content = try line.content()
        guard Memory.equal(line.channel, "$reads"), let channel = content.channel,
            let offset = content.offset, offset < line.offset, let author = line.author
        else { throw .malformed }
        guard let account = accounts.number(of: author) else { throw .inapplicable }
        let isApplied = ChannelName.escape(channel).withUnsafeBytes {
            marks.advance(account, in: $0, to: offset)
        }
        guard isApplied else { throw .inapplicable }
    }

    /// Whatever line has the key of an account or a room is the last one that the log knows it by.
    private func touch(_ line: ChatLine) {
        guard let key = line.key else { return }
        let isKnown =
            switch ChatKey(key) {
            case .account(let name): accounts.touch(name, line.offset)
            case .room(let channel): rooms.touch(channel, line.offset)
            case .message, nil: true
            }
        if isKnown {
            if !strayKeys.isEmpty { strayKeys[key] = nil }
        } else if strayKeys.count < ChatLimits.strayKeysMax || strayKeys[key] != nil {
            strayKeys[key] = line.offset
        } else {
            ownSkippedLines += 1
        }
    }
}
