import LogLine

/// Who wants something, as far as it is known.
public enum ChatActor: Equatable, Sendable {
    /// A token says that it is this account, as of the generation `generation`.
    case account([UInt8], generation: Offset)
    /// Nobody vouches for the name; nil: no name was given.
    case open(Author?)
}

/// An actor, checked against the accounts.
struct KnownActor {
    /// Nil for one without account.
    let account: Int?
    /// As it is spelled in lines.
    let author: Author?
    /// What makes it so.
    let expectations: [Draft.Expectation]

    /// Whether a line was written by them.
    func isAuthor(of message: MessageTarget, registered: Offset?) -> Bool {
        guard let author, let written = message.author else { return false }
        guard let registered else { return author == written }
        // Before the account was registered the name was anybody's.
        return message.offset > registered
            && AccountName.lowercased(author.bytes) == AccountName.lowercased(written.bytes)
    }
}

/// A message that somebody wants to answer or to change: what its line says. A line never changes, so nobody
/// has to expect anything of it.
public struct MessageTarget: Equatable, Sendable {
    public let offset: Offset
    public let channel: Channel
    public let author: Author?

    public init(offset: Offset, channel: Channel, author: Author?) {
        self.offset = offset
        self.channel = channel
        self.author = author
    }

    /// Reads a line, without its newline; nil when it is no message.
    public init?(_ bytes: UnsafeRawBufferPointer) throws(LineError) {
        let scan = try Line.scan(bytes)
        guard scan.isMessage else { return nil }
        let fields = try Line.fields(of: bytes, scan)
        offset = scan.offset
        channel = Channel(trusted: scan.channelName(in: bytes))
        author = fields.author.map { Author(trusted: Line.unescape($0, in: bytes)) }
    }
}

extension ChatState {
    /// Checks that somebody is who they say.
    func known(_ actor: ChatActor) throws(ChatRefusal) -> KnownActor {
        switch actor {
        case .account(let name, let generation): return try known(name, generation)
        case .open(let author): return try known(author)
        }
    }

    /// The same, for what only accounts do.
    func knownAccount(
        _ actor: ChatActor
    ) throws(ChatRefusal) -> (number: Int, author: Author, expectations: [Draft.Expectation]) {
        guard allowsAccounts else { throw .noAccounts }
        let actor = try known(actor)
        guard let number = actor.account, let author = actor.author else {
            throw .notSignedIn
        }
        return (number, author, actor.expectations)
    }

    private func known(_ name: [UInt8], _ generation: Offset) throws(ChatRefusal) -> KnownActor {
        guard allowsAccounts else { throw .noAccounts }
        guard generation <= applied else { throw .behind(generation) }
        guard let number = accounts.number(of: name) else { throw .signedOut }
        let account = accounts.list[number]
        guard !account.isDeleted, account.generation == generation else { throw .signedOut }
        return KnownActor(
            account: number, author: Author(trusted: account.name), expectations: [expectation(of: number)])
    }

    private func known(_ author: Author?) throws(ChatRefusal) -> KnownActor {
        guard allowsAccounts, let author, AccountName.isValid(author.bytes) else {
            return KnownActor(account: nil, author: author, expectations: [])
        }
        guard accounts[author.bytes] == nil else { throw .nameOfAccount(author.bytes) }
        let key = ChatVocabulary.accountKey(AccountName.lowercased(author.bytes))
        return KnownActor(
            account: nil, author: author,
            expectations: [Draft.Expectation(key: key, offset: strayOffset(key))])
    }

    /// That the account's newest line is the one that this state knows.
    func expectation(of account: Int) -> Draft.Expectation {
        Draft.Expectation(
            key: ChatVocabulary.accountKey(accounts.lowercaseName(account)),
            offset: accounts.list[account].generation)
    }

    /// An account that is not deleted.
    func livingAccount(_ name: [UInt8]) throws(ChatRefusal) -> Int {
        guard let number = accounts.number(of: name), !accounts.list[number].isDeleted else {
            throw .noSuchAccount(name)
        }
        return number
    }
}

extension ChatRefusal {
    /// Passes a value on that keeps its rule.
    static func checking<Value>(_ check: () throws(InvalidField) -> Value) throws(ChatRefusal) -> Value {
        do throws(InvalidField) { return try check() } catch { throw .invalid(error) }
    }
}
