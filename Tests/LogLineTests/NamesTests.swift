import Testing

@testable import LogLine

@Suite("Names")
struct NamesTests {
    private func bytes(_ count: Int) -> [UInt8] { [UInt8](repeating: UInt8(ascii: "a"), count: count) }

    @Test("Each name takes its limit and not one byte more, and is not empty")
    func limits() throws {
        _ = try Channel(validating: bytes(128))
        _ = try Author(validating: bytes(64))
        _ = try MessageID(validating: bytes(64))
        _ = try Kind(validating: bytes(64))
        _ = try Key(validating: bytes(256))
        #expect(throws: InvalidField.self) { try Channel(validating: bytes(129)) }
        #expect(throws: InvalidField.self) { try Author(validating: bytes(65)) }
        #expect(throws: InvalidField.self) { try MessageID(validating: bytes(65)) }
        #expect(throws: InvalidField.self) { try Kind(validating: bytes(65)) }
        #expect(throws: InvalidField.self) { try Key(validating: bytes(257)) }
        #expect(throws: InvalidField.self) { try Channel(validating: []) }
        #expect(throws: InvalidField.self) { try MessageID(validating: []) }
    }

    @Test("The error names the field, the value's measure and the limit")
    func error() {
        #expect(throws: InvalidField(field: "author", detail: "author has 65 bytes; the limit is 64")) {
            try Author(validating: bytes(65))
        }
    }

    @Test("Exactly the control characters are refused", arguments: [0x00...0x24F, 0x2000...0x206F])
    func controls(codes: ClosedRange<UInt32>) {
        for code in codes {
            guard let scalar = Unicode.Scalar(code) else { continue }
            let name = Array("a\(Character(scalar))b".utf8)
            let isValid = (try? Author(validating: name)) != nil
            #expect(
                isValid == (scalar.properties.generalCategory != .control), "U+\(String(code, radix: 16))")
        }
    }

    @Test("A slash is refused in a channel only")
    func slash() throws {
        #expect(throws: InvalidField.self) { try Channel(validating: Array("a/b".utf8)) }
        _ = try Author(validating: Array("a/b".utf8))
    }

    @Test("Ids and kinds take exactly A-Z a-z 0-9 . _ : -")
    func tokens() {
        let allowed = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:-".utf8)
        for byte in UInt8.min...UInt8.max {
            #expect(((try? MessageID(validating: [byte])) != nil) == allowed.contains(byte))
            #expect(((try? Kind(validating: [byte])) != nil) == allowed.contains(byte))
        }
    }

    @Test("Names that look the same but are other bytes are other names")
    func bytewise() throws {
        let composed = try Channel(validating: Array("caf\u{E9}".utf8))
        let decomposed = try Channel(validating: Array("cafe\u{301}".utf8))
        #expect(composed != decomposed)
    }

    @Test("A channel is reserved, private or public by its first byte")
    func visibility() throws {
        let reserved = try Channel(validating: Array("$accounts".utf8))
        let direct = try Channel(validating: Array("@alice".utf8))
        let open = try Channel(validating: Array("a$@".utf8))
        #expect(reserved.isReserved && !reserved.isPublic)
        #expect(direct.isPrivate && !direct.isPublic)
        #expect(open.isPublic && !open.isReserved && !open.isPrivate)
    }
}
