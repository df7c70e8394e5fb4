import LogLine

/// An account's name: 1–32 of `A-Z a-z 0-9 . _ -`, unique without regard to case. So names compare as bytes
/// once they are lowercase.
public enum AccountName {
    public static func validated(_ name: [UInt8], field: String = "name") throws(InvalidField) -> [UInt8] {
        guard isValid(name) else {
            throw InvalidField(
                field: field,
                detail:
                    "\(field) is no account name: 1 to \(ChatLimits.accountNameBytesMax) of A-Z a-z 0-9 . _ -"
            )
        }
        return name
    }

    public static func isValid(_ name: [UInt8]) -> Bool {
        (1...ChatLimits.accountNameBytesMax).contains(name.count) && name.allSatisfy(isLetter)
    }

    public static func lowercased(_ name: [UInt8]) -> [UInt8] { name.map(lowercased) }

    /// What a name may hold.
    static func isLetter(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"): true
        default: false
        }
    }

    /// Calls `body` with the name in lowercase, on the stack; nil when it is too long for an account's.
    static func withLowercased<Result>(
        _ name: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Result
    ) -> Result? {
        guard name.count <= ChatLimits.accountNameBytesMax else { return nil }
        return withUnsafeTemporaryAllocation(byteCount: ChatLimits.accountNameBytesMax, alignment: 1) {
            room in
            for index in name.indices { room[index] = lowercased(name[index]) }
            return body(UnsafeRawBufferPointer(rebasing: room[..<name.count]))
        }
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 {
        (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
    }
}
