import LogLine

/// Finds the accounts that a text mentions: `@name` where a word begins, in any case. Behind a name may stand
/// anything that a name cannot hold; `.`, `_` and `-` at its end belong to it only if there is such an
/// account.
enum Mentions {
    /// Each account once, at most `ChatLimits.mentionsPerMessageMax`.
    /// - Parameter text: unescaped.
    static func accounts(in text: UnsafeRawBufferPointer, _ accounts: Accounts) -> [Int] {
        var found: [Int] = []
        var at = 0
        while found.count < ChatLimits.mentionsPerMessageMax,
            let sign = Memory.firstIndex(of: UInt8(ascii: "@"), in: text, from: at)
        {
            at = sign + 1
            guard sign == 0 || !isWord(text[sign - 1]) else { continue }
            let name = longestName(in: text, from: at)
            at += name.count
            if let account = account(named: name, accounts), !found.contains(account) {
                found.append(account)
            }
        }
        return found
    }

    private static func longestName(in text: UnsafeRawBufferPointer, from start: Int)
        -> UnsafeRawBufferPointer
    {
        var end = start
        while end < text.count, AccountName.isLetter(text[end]) { end += 1 }
        return UnsafeRawBufferPointer(rebasing: text[start..<end])
    }

    private static func account(named name: UnsafeRawBufferPointer, _ accounts: Accounts) -> Int? {
        var count = min(name.count, ChatLimits.accountNameBytesMax + 1)
        while count > 0 {
            let candidate = UnsafeRawBufferPointer(rebasing: name[..<count])
            if let account = accounts.number(of: candidate) { return account }
            guard isPunctuation(name[count - 1]) else { return nil }
            count -= 1
        }
        return nil
    }

    /// What an address has before its `@`, and every byte of a letter beyond ASCII.
    private static func isWord(_ byte: UInt8) -> Bool {
        AccountName.isLetter(byte) || byte >= 0x80 || byte == UInt8(ascii: "@")
    }

    private static func isPunctuation(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
    }
}
