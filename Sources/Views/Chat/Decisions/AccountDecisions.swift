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

    /// The name stays taken; what was written stays; rooms that it alone owns get another owner (see
    /// `Rooms`).
    public func accountDeletion(of actor: ChatActor) throws(ChatRefusal) -> Draft {
        let actor = try knownAccount(actor)
        return accountDraft(actor.author, ChatContentWriter("delete"), actor.expectations)
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
