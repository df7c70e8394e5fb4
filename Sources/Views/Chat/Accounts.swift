import LogLine

/// Somebody who has registered. Names of deleted accounts stay taken.
public struct Account: Equatable, Sendable, CustomStringConvertible {
    /// As it was spelled when it was registered.
    public let name: [UInt8]
    public let since: Timestamp
    /// The line that registered it.
    public let registered: Offset
    /// Its newest line: tokens carry it, and are good while it is the current one.
    public internal(set) var generation: Offset
    /// Of the password; nil once the account is deleted. Never leaves through a public endpoint.
    public internal(set) var passwordHash: [UInt8]?
    public internal(set) var isDeleted = false

    /// Without the hash, so that it gets into no diagnostic line.
    public var description: String { "\(String(decoding: name, as: UTF8.self)) at \(generation)" }
}

/// All accounts, folded from the lines of kind `account`.
///
/// | op | effect |
/// |---|---|
/// | `register` | the account is there, spelled as the line's author |
/// | `password` | it has another hash |
/// | `revoke` | nothing but the new generation |
/// | `delete` | its hash is forgotten |
public struct Accounts {
    /// By lowercase name; numbers are those of `list`.
    private var table: NameTable
    private(set) var list: [Account] = []
    /// All numbers by lowercase name.
    private var sorted: [Int32] = []

    init(hash: ChannelHash) { table = NameTable(hash: hash) }

    /// Deleted ones too.
    public var count: Int { list.count }
    public var isEmpty: Bool { list.isEmpty }

    /// Whatever the case of `name`; deleted ones too.
    public subscript(name: [UInt8]) -> Account? { number(of: name).map { list[$0] } }

    /// Accounts in the order of their lowercase names, deleted ones too: those whose lowercase names begin
    /// with `prefix` and come behind `after`, in any case.
    public func list(prefix: [UInt8] = [], after: [UInt8]? = nil, limit: Int) -> [Account] {
        let prefix = AccountName.lowercased(prefix)
        var at = place { !$0.lexicographicallyPrecedes(prefix) }
        if let after = after.map(AccountName.lowercased) {
            at = max(at, place { after.lexicographicallyPrecedes($0) })
        }
        var found: [Account] = []
        while at < sorted.count, found.count < limit, table.names[Int(sorted[at])].starts(with: prefix) {
            found.append(list[Int(sorted[at])])
            at += 1
        }
        return found
    }

    // MARK: Inside the views

    func number(of name: [UInt8]) -> Int? { name.withUnsafeBytes { number(of: $0) } }

    func number(of name: UnsafeRawBufferPointer) -> Int? {
        AccountName.withLowercased(name) { table.find($0) } ?? nil
    }

    func lowercaseName(_ number: Int) -> [UInt8] { table.names[number] }

    /// Takes in a line of kind `account`.
    mutating func apply(_ line: ChatLine) throws(ChatTrouble) {
        guard Memory.equal(line.channel, "$accounts"), let author = line.author, AccountName.isValid(author)
        else { throw .malformed }
        let name = AccountName.lowercased(author)
        guard line.isKeyed(ChatVocabulary.accountPrefix, name) else { throw .malformed }
        let content = try line.content()
        if content.isOperation("register") { return try register(author, name, content, line) }
        guard let number = table.find(name), !list[number].isDeleted else { throw .inapplicable }
        if content.isOperation("password") {
            guard let hash = content.hash else { throw .malformed }
            list[number].passwordHash = hash
        } else if content.isOperation("delete") {
            list[number].passwordHash = nil
            list[number].isDeleted = true
        } else if !content.isOperation("revoke") {
            throw .malformed
        }
    }

    /// A line with the key of the account `name`; false: there is none.
    mutating func touch(_ name: [UInt8], _ offset: Offset) -> Bool {
        guard let number = table.find(name) else { return false }
        list[number].generation = offset
        return true
    }

    private mutating func register(
        _ spelling: [UInt8], _ name: [UInt8], _ content: ChatContent, _ line: ChatLine
    ) throws(ChatTrouble) {
        guard let hash = content.hash else { throw .malformed }
        guard table.find(name) == nil else { throw .inapplicable }
        let number = table.add(name)
        list.append(
            Account(
                name: spelling, since: line.scan.time, registered: line.offset, generation: line.offset,
                passwordHash: hash))
        sorted.insert(Int32(number), at: place { name.lexicographicallyPrecedes($0) })
    }

    /// The first of `sorted` for whose name `isBehind` holds.
    private func place(where isBehind: ([UInt8]) -> Bool) -> Int {
        partitionPoint(0..<sorted.count) { isBehind(table.names[Int(sorted[$0])]) }
    }
}
