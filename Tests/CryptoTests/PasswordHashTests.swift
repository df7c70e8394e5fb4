import LogLine
import Testing

@testable import Crypto

/// Hashes that other implementations made of known passwords.
struct ForeignHash: Sendable, CustomStringConvertible {
    let maker: String
    let password: String
    let text: String
    var needsRehash = false

    var description: String { maker }

    static let all = [
        ForeignHash(
            maker: "argon2-cffi 25.1", password: "correct horse battery staple",
            text: "$argon2id$v=19$m=19456,t=2,p=1$j7/jDsNgOjs0B+xZpCwE0A$"
                + "QjYMSoBgTvnte1zFI7FqqFyttrPJ1aHuAdx0mcNJoQ4"),
        ForeignHash(
            maker: "argon2-cffi 25.1, beyond ASCII", password: "pässwörd😀",
            text: "$argon2id$v=19$m=19456,t=2,p=1$xhpNWFEqzVP70imhqVkjKQ$"
                + "ehWSi3MyS0mxcqsBxPeYUT5EOT/MOegz7WqrO8B0Gno"),
        ForeignHash(
            maker: "argon2-cffi 25.1, three passes", password: "correct horse battery staple",
            text: "$argon2id$v=19$m=19456,t=3,p=1$uwpATKAgtmMxlXECOzVn5g$"
                + "7ilAP49RvaUsB8DtiOsjnAiKCxJ1Z7W2KnDiQp7nK+U", needsRehash: true),
        ForeignHash(
            maker: "argon2-cffi 25.1, 64 MiB", password: "correct horse battery staple",
            text: "$argon2id$v=19$m=65536,t=2,p=1$huM9pAcHo4wdYVQCePn+Lw$"
                + "aTiD78I3CALUIJvFqfgv6OGyV3jVZpcbLIhQN4hmqMo", needsRehash: true),
        ForeignHash(
            maker: "PyNaCl 1.6", password: "correct horse battery staple",
            text: "$argon2id$v=19$m=19456,t=2,p=1$8+dhlvW3BsFX1d+fp1k1iA$"
                + "x5N5XDcSdl7Yj9YPSsM+4AuSKBjSsMX9W4R5V1Tw4/w"),
    ]
}

@Suite("Passwords and their hashes")
struct PasswordHashTests {
    @Test(
        "A hash that another implementation made is checked, and says whether its cost is ours",
        arguments: ForeignHash.all)
    func foreign(sample: ForeignHash) throws {
        let hash = try #require(PasswordHash(Array(sample.text.utf8)))
        #expect(try hash.isOf(password(sample.password)))
        #expect(try !hash.isOf(password(sample.password + " ")))
        #expect(hash.needsRehash == sample.needsRehash)
    }

    @Test(
        "A new hash is of its password alone, has the standard cost and its own salt, and is read back"
    )
    func made() throws {
        let hash = try PasswordHash.make(password("hunter2 hunter2"))
        #expect(try hash.isOf(password("hunter2 hunter2")))
        #expect(try !hash.isOf(password("hunter2 hunter3")))
        #expect(!hash.needsRehash && hash.text.starts(with: "$argon2id$v=19$m=19456,t=2,p=1$".utf8))
        #expect(PasswordHash(hash.text) == hash)
        #expect(try PasswordHash.make(password("hunter2 hunter2")).text != hash.text)
    }

    @Test("Zero bytes and everything behind them count")
    func zeroBytes() throws {
        let cheap = PasswordCost(memoryKiB: 8, passes: 1)
        let hash = try PasswordHash.make(password("12345678\0abc"), cost: cheap)
        #expect(try hash.isOf(password("12345678\0abc")))
        #expect(try !hash.isOf(password("12345678\0abd")))
        #expect(try !hash.isOf(password("12345678")))
    }

    @Test("The decoy has the cost of new hashes, and is one that libsodium works through")
    func decoy() throws {
        #expect(PasswordHash(PasswordHash.decoy.text) == PasswordHash.decoy)
        #expect(!PasswordHash.decoy.needsRehash)
        #expect(try !PasswordHash.decoy.isOf(password("any password")))
    }

    @Test(
        "What is no such hash, or asks for too much, is none",
        arguments: [
            "", "hunter2", "$argon2id$v=19$", "$2b$12$abcdefghijklmnopqrstuv",
            altered("$argon2id", "$argon2i"), altered("v=19", "v=16"), altered("p=1", "p=2"),
            altered("m=19456", "m=262145"), altered("m=19456", "m=7"), altered("m=19456", "m=019456"),
            altered("m=19456", "m=99999999999999999999"), altered("t=2", "t=17"), altered("t=2", "t=0"),
            altered("t=2", "t="), altered("t=2,", "t=2,t=2,"), altered("m=19456,t=2", "t=2,m=19456"),
            altered("j7/j", "j7/"), altered("j7/j", "j7 j"), altered("QjYM", "QjYM="),
            altered("QjYM", "QjY\n"),
            ForeignHash.all[0].text + "$", " " + ForeignHash.all[0].text,
        ])
    func refusedText(text: String) {
        #expect(PasswordHash(Array(text.utf8)) == nil)
    }

    @Test("A cost that libsodium cannot serve is an error, and so is a check that it could not do")
    func notDone() throws {
        // More than libsodium's greatest: refused without trying, so that no machine suffers.
        let cost = PasswordCost(memoryKiB: 1 << 32, passes: 1)
        #expect(throws: PasswordHashError.outOfMemory(bytes: cost.memoryBytes)) {
            try PasswordHash.make(password("hunter2 hunter2"), cost: cost)
        }
        let broken = PasswordHash(text: Array("$argon2id$".utf8), cost: .standard)
        #expect(throws: PasswordHashError.outOfMemory(bytes: 19 << 20)) {
            try broken.isOf(password("hunter2 hunter2"))
        }
    }

    @Test("Passwords have 8 to 256 bytes of UTF-8; the error names the field and the limit")
    func bounds() throws {
        for count in [8, 256] {
            _ = try Password(validating: [UInt8](repeating: 0x61, count: count))
        }
        #expect(try refusal([UInt8](repeating: 0x61, count: 7)).detail.contains("at least 8"))
        #expect(try refusal([]).detail.contains("0 bytes"))
        #expect(
            try refusal([UInt8](repeating: 0x61, count: 257)).detail.contains("257 bytes; the limit is 256"))
        #expect(try refusal([UInt8](repeating: 0xFF, count: 9)).detail.contains("UTF-8"))
    }

    @Test("Neither passwords nor hashes are shown")
    func discretion() throws {
        let hash = try #require(PasswordHash(Array(ForeignHash.all[0].text.utf8)))
        var dumped = ""
        dump(try password("hunter2 hunter2"), to: &dumped)
        dump(hash, to: &dumped)
        dumped += "\(try password("hunter2 hunter2")) \(hash) \(String(reflecting: hash))"
        #expect(!dumped.contains("hunter2") && !dumped.contains("QjYM") && !dumped.contains("104"))
        #expect(dumped.contains("15 bytes"))
    }

    /// The first sample with a part replaced.
    private static func altered(_ part: String, _ other: String) -> String {
        let text = ForeignHash.all[0].text
        guard let range = text.firstRange(of: part) else { return "" }
        return text.replacingCharacters(in: range, with: other)
    }

    private func password(_ text: String) throws -> Password { try Password(validating: Array(text.utf8)) }

    private func refusal(_ bytes: [UInt8]) throws -> InvalidField {
        let thrown = #expect(throws: InvalidField.self) {
            try Password(validating: bytes, field: "new_password")
        }
        let error = try #require(thrown)
        #expect(error.field == "new_password" && error.detail.contains("new_password"))
        return error
    }
}

extension String {
    /// Without Foundation.
    fileprivate func replacingCharacters(in range: Range<String.Index>, with other: String) -> String {
        String(self[..<range.lowerBound]) + other + String(self[range.upperBound...])
    }
}
