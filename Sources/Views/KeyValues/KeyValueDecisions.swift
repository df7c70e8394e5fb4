import LogLine

/// What a write demands of its key.
public enum KeyCondition: Equatable, Sendable {
    case none
    /// The newest line with the key is this one.
    case offset(Offset)
    case exists
    case absent
}

/// Who changes keys and counters, and whether they may: judged like any other write.
public struct KeyWriter {
    let author: Author?
    let expectations: [Draft.Expectation]
}

extension ChatState {
    /// Somebody without account, or an account whose token is good.
    public func keyWriter(_ actor: ChatActor) throws(ChatRefusal) -> KeyWriter {
        let known = try known(actor)
        return KeyWriter(author: known.author, expectations: known.expectations)
    }
}

/// What is granted here is exact: the draft says what it relies on. What is refused may have changed in lines
/// that this state has not applied yet.
extension KeyValues {
    /// - Parameters:
    ///   - value: compact JSON.
    ///   - hasAsked: the log has refused this write before, and this state has applied what the log named.
    public func put(
        _ name: KeyValueName, _ value: [UInt8], if condition: KeyCondition, hasAsked: Bool,
        by writer: KeyWriter
    ) throws(ChatRefusal) -> Draft {
        let expectations = try expectations(name, condition, hasAsked: hasAsked)
        return draft(name, Array("{\"value\":".utf8) + value + [UInt8(ascii: "}")], writer, expectations)
    }

    /// `.noSuchKey` when there is nothing to delete.
    public func delete(
        _ name: KeyValueName, if condition: KeyCondition, hasAsked: Bool, by writer: KeyWriter
    ) throws(ChatRefusal) -> Draft {
        let expectations = try expectations(name, condition, hasAsked: hasAsked)
        // A condition on a later line is the log's to judge.
        guard self[name] != nil || expectations.contains(where: { $0.offset > newestOffset(of: name) }) else {
            throw .noSuchKey(name.bytes)
        }
        return draft(name, Array("{\"deleted\":true}".utf8), writer, expectations)
    }

    public func addition(_ name: KeyValueName, _ amount: Int64, by writer: KeyWriter) -> Draft {
        let json = ByteBuffer()
        json.append("{\"name\":")
        json.appendJSONString(name.bytes)
        json.append(utf8: ",\"add\":\(amount)}")
        return Draft(
            channel: KeyValueVocabulary.channel, author: writer.author,
            body: .data(kind: Kind(trusted: KeyValueVocabulary.counterKind), json: json.array),
            expectations: writer.expectations)
    }

    private func draft(
        _ name: KeyValueName, _ json: [UInt8], _ writer: KeyWriter, _ expectations: [Draft.Expectation]
    ) -> Draft {
        Draft(
            channel: KeyValueVocabulary.channel, key: name.key, author: writer.author,
            body: .data(kind: Kind(trusted: KeyValueVocabulary.keyKind), json: json),
            expectations: writer.expectations + expectations)
    }

    private func expectations(
        _ name: KeyValueName, _ condition: KeyCondition, hasAsked: Bool
    ) throws(ChatRefusal) -> [Draft.Expectation] {
        let newest = newestOffset(of: name)
        let isMet: Bool
        var wanted = newest
        switch condition {
        case .none: return []
        case .offset(let offset):
            // Another pod may have shown a later line than this one knows: then the log is asked, once.
            isMet = offset == newest || (offset > newest && !hasAsked)
            wanted = offset
        case .exists: isMet = self[name] != nil
        case .absent: isMet = self[name] == nil
        }
        guard isMet else { throw .moved(name.key, newest) }
        return [Draft.Expectation(key: name.key, offset: wanted)]
    }
}
