import LogLine

/// What becomes of accounts. Passwords have been checked before; hashes are passed on.
extension ChatState {
    /// A new account. Fails when the name is taken in any spelling, also by an account that was deleted.
    public func registration(_ name: [UInt8], passwordHash: [UInt8]) throws(ChatRefusal) -> Draft {
        guard allowsAccounts else { throw .noAccounts }
        let name = try ChatRefusal.checking { () throws(InvalidField) in try AccountName.validated(name) }
        guard accounts[name] == nil else { throw .taken("the name is taken") }
        let key = ChatVocabulary.accountKey(AccountName.lowercased(name))
        let content = ChatContentWriter("register").adding("hash", passwordHash)
        return accountDraft(
            Author(trusted: name), content, [Draft.Expectation(key: key, offset: strayOffset(key))])
    }

    /// Another password: everybody who is signed in with the old one is signed out.
    public func passwordChange(
        of actor: ChatActor, passwordHash: [UInt8]
    ) throws(ChatRefusal) -> Draft {
        let actor = try knownAccount(actor)
        let content = ChatContentWriter("password").adding("hash", passwordHash)
        return accountDraft(actor.author, content, actor.expectations)
    }

    /// Signs the account out everywhere.
    public func revocation(of actor: ChatActor) throws(ChatRefusal) -> Draft {
        let actor = try knownAccount(actor)
        return accountDraft(actor.author, ChatContentWriter("revoke"), actor.expectations)
    }

    /// The name stays taken; what was written stays. Whoever is a room's last owner names another one first,
    /// or leaves it.
    public func accountDeletion(of actor: ChatActor) throws(ChatRefusal) -> Draft {
        let actor = try knownAccount(actor)
        var expectations = actor.expectations
        for room in rooms.list where room.role(actor.number) == .owner {
            guard room.memberCount == 1 || hasOtherOwner(room, than: actor.number) else {
                throw .conflict("the account is the last owner of a room; name another one, or leave it")
            }
            expectations.append(expectation(of: room))
        }
        guard expectations.count <= LineLimits.expectationsMax else {
            throw .conflict("the account owns more than \(LineLimits.expectationsMax - 1) rooms; leave some")
        }
        return accountDraft(actor.author, ChatContentWriter("delete"), expectations)
    }

    private func accountDraft(
        _ author: Author, _ content: ChatContentWriter, _ expectations: [Draft.Expectation]
    ) -> Draft {
        Draft(
            channel: ChatVocabulary.accountsChannel,
            key: ChatVocabulary.accountKey(AccountName.lowercased(author.bytes)), author: author,
            body: content.body(.account), expectations: expectations)
    }
}
