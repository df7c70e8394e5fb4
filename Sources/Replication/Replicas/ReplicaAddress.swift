import LogLine

/// Where a pod is reached, as it tells the log: `http://host:port[/prefix]`.
///
/// Valid if and only if: at most `ReplicaLimits.addressBytesMax` bytes; `http://`; a host of 1–253 of
/// `A-Z a-z 0-9 . _ -`, or in brackets of `0-9 a-f A-F : .` with an optional zone behind a `%`; a port of
/// 1–65535 without leading zeros; and segments of one or more of `A-Z a-z 0-9 . _ ~ -`, each behind a `/`,
/// none of them `.` or `..`. So it holds nothing that could end a header field, move a cursor or look like
/// another address.
enum ReplicaAddress {
    private static let hostBytesMax = 253
    private static let expected =
        "address takes http://host:port with an optional path, of at most "
        + "\(ReplicaLimits.addressBytesMax) bytes, without user, query and fragment"

    /// - Throws: what `address` takes.
    static func validate(_ bytes: [UInt8]) throws(InvalidField) -> String {
        guard bytes.count <= ReplicaLimits.addressBytesMax, isValid(bytes) else {
            throw InvalidField(field: "address", detail: expected)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func isValid(_ bytes: [UInt8]) -> Bool {
        let scheme = Array("http://".utf8)
        guard bytes.starts(with: scheme) else { return false }
        let parts = bytes[scheme.count...].split(
            separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard let colon = parts[0].lastIndex(of: UInt8(ascii: ":")) else { return false }
        return isHost(parts[0][..<colon]) && isPort(parts[0][(colon + 1)...])
            && parts.dropFirst().allSatisfy(isSegment)
    }

    private static func isHost(_ host: ArraySlice<UInt8>) -> Bool {
        guard (1...hostBytesMax).contains(host.count) else { return false }
        guard host.first == UInt8(ascii: "[") else { return host.allSatisfy(isNameByte) }
        guard host.last == UInt8(ascii: "]") else { return false }
        let parts = host.dropFirst().dropLast().split(
            separator: UInt8(ascii: "%"), maxSplits: 1, omittingEmptySubsequences: false)
        return parts.allSatisfy { !$0.isEmpty } && parts[0].contains(UInt8(ascii: ":"))
            && parts[0].allSatisfy(isAddressByte)
            && parts.dropFirst().allSatisfy { $0.allSatisfy(isNameByte) }
    }

    private static func isPort(_ digits: ArraySlice<UInt8>) -> Bool {
        guard let first = digits.first, first != UInt8(ascii: "0"), digits.allSatisfy(isDigit) else {
            return false
        }
        return UInt16(String(decoding: digits, as: UTF8.self)) != nil
    }

    private static func isSegment(_ segment: ArraySlice<UInt8>) -> Bool {
        !segment.isEmpty && !segment.elementsEqual(".".utf8) && !segment.elementsEqual("..".utf8)
            && segment.allSatisfy { isNameByte($0) || $0 == UInt8(ascii: "~") }
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        isDigit(byte) || (0x61...0x7A).contains(byte | 0x20) || byte == UInt8(ascii: "-")
            || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_")
    }

    private static func isAddressByte(_ byte: UInt8) -> Bool {
        isDigit(byte) || (0x61...0x66).contains(byte | 0x20) || byte == UInt8(ascii: ":")
            || byte == UInt8(ascii: ".")
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}
