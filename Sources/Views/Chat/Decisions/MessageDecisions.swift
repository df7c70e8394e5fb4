import LogLine

/// What becomes of messages.
extension ChatState {
    /// A message: `draft` with the author as it is spelled, and with what it relies on.
    /// - Parameters:
    ///   - draft: channel, text, and what else the client gave.
    ///   - target: the message at `draft.replyTo`; nil: it is not there.
    public func post(
        _ draft: Draft, by actor: ChatActor, answering target: MessageTarget? = nil
    ) throws(ChatRefusal) -> Draft {
        let actor = try known(actor)
        var draft = draft
        try checkAuthor(of: draft, is: actor)
        draft.author = actor.author
        draft.expectations = try access(of: actor, to: draft.channel)
        guard let replyTo = draft.replyTo else { return draft }
        guard let target, target.offset == replyTo, target.channel == draft.channel else {
            throw .noSuchMessage(replyTo)
        }
        guard !amendments.isDeleted(replyTo) else { throw .deleted(replyTo) }
        return draft
    }

    /// Another text. Only who wrote a message edits it.
    public func edit(
        _ target: MessageTarget, text: [UInt8], by actor: ChatActor
    ) throws(ChatRefusal) -> Draft {
        let actor = try known(actor)
        let expectations = try access(of: actor, to: target.channel) + [try intact(target)]
        guard isAuthor(actor, of: target) else { throw .forbidden("only who wrote a message edits it") }
        let text = try ChatRefusal.checking { () throws(InvalidField) in try ChatText.text(text) }
        let content = ChatContentWriter().adding("offset", target.offset).adding("message_text", text)
        return messageDraft(target, .edit, actor, content, expectations, isKeyed: true)
    }

    /// No text any more. Who wrote a message deletes it, and a room's moderators and owners do.
    public func deletion(_ target: MessageTarget, by actor: ChatActor) throws(ChatRefusal) -> Draft {
        let actor = try known(actor)
        let expectations = try access(of: actor, to: target.channel) + [try intact(target)]
        let role = actor.account.flatMap { rooms[target.channel.bytes]?.role($0) }
        guard isAuthor(actor, of: target) || role.map({ $0 > .member }) ?? false else {
            throw .forbidden("only who wrote a message, or a moderator of its room, deletes it")
        }
        let content = ChatContentWriter().adding("offset", target.offset)
        return messageDraft(target, .delete, actor, content, expectations, isKeyed: true)
    }

    /// A reaction, or its end; nil when it is so already.
    public func reaction(
        _ target: MessageTarget, emoji: [UInt8], isOn: Bool, by actor: ChatActor
    ) throws(ChatRefusal) -> Draft? {
        let actor = try known(actor)
        let expectations = try access(of: actor, to: target.channel)
        _ = try intact(target)
        guard let author = actor.author else {
            throw .invalid(InvalidField(field: "author", detail: "a reaction takes an author"))
        }
        let emoji = try ChatRefusal.checking { () throws(InvalidField) in try ChatText.emoji(emoji) }
        let reactions = amendments[target.offset]?.reactions ?? []
        let authors = reactions.first { $0.emoji == emoji }?.authors
        guard authors?.contains(author.bytes) ?? false != isOn else { return nil }
        if isOn { try checkRoom(for: authors == nil, in: reactions) }
        let content = ChatContentWriter().adding("offset", target.offset).adding("emoji", emoji)
            .adding("on", isOn)
        return messageDraft(target, .reaction, actor, content, expectations, isKeyed: false)
    }

    /// Up to where `actor` has read `channel`; nil when the mark is there, or behind it, already.
    public func readMark(
        _ channel: Channel, _ offset: Offset, by actor: ChatActor
    ) throws(ChatRefusal) -> Draft? {
        let actor = try knownAccount(actor)
        guard mayRead(actor.author.bytes, channel) else { throw .noSuchChannel }
        guard offset <= applied else { throw .behind(offset) }
        guard offset > marks.mark(of: actor.number, in: ChannelName.escape(channel.bytes)) else { return nil }
        let content = ChatContentWriter().adding("channel", channel.bytes).adding("offset", offset)
        return Draft(channel: ChatVocabulary.readsChannel, author: actor.author, body: content.body(.read))
    }
}

extension ChatState {
    /// An account's messages carry its name: whoever gives another one is mistaken.
    private func checkAuthor(of draft: Draft, is actor: KnownActor) throws(ChatRefusal) {
        guard actor.account != nil, let given = draft.author, let own = actor.author else { return }
        guard AccountName.lowercased(given.bytes) == AccountName.lowercased(own.bytes) else {
            throw .invalid(InvalidField(field: "author", detail: "the token is \(own)'s, not \(given)'s"))
        }
    }

    private func isAuthor(_ actor: KnownActor, of target: MessageTarget) -> Bool {
        actor.isAuthor(of: target, registered: actor.account.map { accounts.list[$0].registered })
    }

    /// That nothing has become of a message but what this state knows.
    private func intact(_ target: MessageTarget) throws(ChatRefusal) -> Draft.Expectation {
        let amendment = amendments[target.offset]
        guard amendment?.isDeleted != true else { throw .deleted(target.offset) }
        return Draft.Expectation(
            key: ChatVocabulary.messageKey(target.offset), offset: amendment?.lastOffset ?? .zero)
    }

    private func checkRoom(for isNewEmoji: Bool, in reactions: [Amendment.Reaction]) throws(ChatRefusal) {
        guard !isNewEmoji || reactions.count < ChatLimits.emojiPerMessageMax else {
            throw .conflict(
                "the message has \(reactions.count) different reactions; there is no room for more")
        }
        guard reactions.reduce(0, { $0 + $1.authors.count }) < ChatLimits.reactionsPerMessageMax else {
            throw .conflict(
                "the message has \(ChatLimits.reactionsPerMessageMax) reactions; no room for more")
        }
    }

    private func messageDraft(
        _ target: MessageTarget, _ kind: ChatKind, _ actor: KnownActor, _ content: ChatContentWriter,
        _ expectations: [Draft.Expectation], isKeyed: Bool
    ) -> Draft {
        Draft(
            channel: target.channel, key: isKeyed ? ChatVocabulary.messageKey(target.offset) : nil,
            author: actor.author, body: content.body(kind), expectations: expectations)
    }
}
