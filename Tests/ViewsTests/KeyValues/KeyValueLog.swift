import LogLine
import Replication
import Testing

@testable import Views

/// A log as the sequencer writes it, and the keys that are always at its head.
final class KeyValueLog {
    private(set) var lines: [[UInt8]] = []
    private var sequencer = Sequencer(epoch: Epoch(1), seed: FingerprintKey(low: 1, high: 2))
    let keys = KeyValues()
    let chat = ChatState(hash: ChannelHash(seed: (3, 4)))
    private var milliseconds: Int64 = 1_795_156_260_000

    /// Judges a draft; a line of it is applied.
    func admit(_ draft: Draft) -> Admission {
        milliseconds += 1
        let buffer = ByteBuffer()
        let admission = sequencer.admit(draft, now: Timestamp(milliseconds: milliseconds), into: buffer)
        guard case .assigned(let offset, _) = admission else { return admission }
        sequencer.commit(through: offset)
        lines.append(buffer.array)
        feed(lines[lines.count - 1], to: keys)
        return admission
    }

    @discardableResult
    func append(_ draft: Draft) throws -> Offset {
        guard case .assigned(let offset, _) = admit(draft) else { throw Refused() }
        return offset
    }

    struct Refused: Error {}

    func feed(_ line: [UInt8], to keys: KeyValues) {
        line.dropLast().withUnsafeBytes { bytes in
            guard let scan = try? Line.scan(bytes) else { return }
            keys.apply(bytes, scan)
        }
    }

    // MARK: Short ways

    @discardableResult
    func put(
        _ name: String, _ value: String, if condition: KeyCondition = .none
    ) throws -> Offset {
        try append(try draft(name, value, if: condition))
    }

    func draft(_ name: String, _ value: String, if condition: KeyCondition = .none) throws -> Draft {
        try keys.put(try self.name(name), bytes(value), if: condition, hasAsked: false, by: try writer())
    }

    @discardableResult
    func delete(_ name: String, if condition: KeyCondition = .none) throws -> Offset {
        try append(
            try keys.delete(try self.name(name), if: condition, hasAsked: false, by: try writer()))
    }

    @discardableResult
    func add(_ amount: Int64, to name: String) throws -> Offset {
        try append(keys.addition(try self.name(name), amount, by: try writer()))
    }

    /// A line as it is, whoever may write it.
    @discardableResult
    func write(
        _ json: String, kind: String = "kv", key: String? = nil, in channel: String = "$kv"
    ) throws -> Offset {
        try append(
            Draft(
                channel: try Channel(validating: bytes(channel)),
                key: try key.map { try Key(validating: bytes($0)) },
                body: .data(kind: try Kind(validating: bytes(kind)), json: bytes(json))))
    }

    func writer() throws -> KeyWriter { try chat.keyWriter(.open(nil)) }
    func name(_ text: String) throws -> KeyValueName {
        try KeyValueName(validating: bytes(text), field: "key")
    }

    func value(_ text: String) throws -> String? {
        keys[try name(text)].map { String(decoding: $0.value, as: UTF8.self) }
    }

    func names(prefix: String = "", after: String? = nil, limit: Int = 1000) -> [String] {
        keys.page(prefix: bytes(prefix), after: after.map(bytes), limit: limit).items
            .map { String(decoding: $0.name, as: UTF8.self) }
    }
}
