/// The public keys of an identity provider: several, so that it can change them, told apart by the `kid` of a
/// token's header (RFC 7515, section 4.1.4).
public struct PublicKeySet: Sendable {
    public static let keysMax = 16
    public static let textBytesMax = 64 << 10

    private var named: [[UInt8]: RSAPublicKey] = [:]
    private var unnamed: RSAPublicKey?

    /// - Parameter text: `PUBLIC KEY` blocks as `openssl pkey -pubout` writes them, with a line `kid: NAME`
    ///   before each that has a name; at most one has none.
    public init(pem text: [UInt8]) throws(PublicKeyError) {
        guard text.count <= Self.textBytesMax else {
            throw PublicKeyError(
                .tooLarge, line: nil, "the file has \(text.count) bytes; the limit is \(Self.textBytesMax)")
        }
        let blocks = try PEM.blocks(of: text)
        guard !blocks.isEmpty else {
            throw PublicKeyError(.noKey, line: nil, "there is no -----BEGIN PUBLIC KEY----- in the file")
        }
        guard blocks.count <= Self.keysMax else {
            throw PublicKeyError(
                .tooLarge, line: nil, "the file has \(blocks.count) keys; the limit is \(Self.keysMax)")
        }
        for block in blocks { try add(block) }
    }

    public var count: Int { named.count + (unnamed == nil ? 0 : 1) }

    /// The key that a token names: the one of that name, else the one without name. A token that names none
    /// takes the one without name, else the only one.
    func key(named name: [UInt8]?) -> RSAPublicKey? {
        if let name { return named[name] ?? unnamed }
        return unnamed ?? (named.count == 1 ? named.values.first : nil)
    }

    private mutating func add(_ block: PEM.Block) throws(PublicKeyError) {
        try Self.checkKind(block)
        let key = try RSAPublicKey(subjectPublicKeyInfo: block.bytes, line: block.lineNumber)
        guard let name = block.name else {
            guard unnamed == nil else {
                throw PublicKeyError(
                    .badName, line: block.lineNumber,
                    "a second key without name; write a line \"kid: NAME\" before it")
            }
            unnamed = key
            return
        }
        guard named.updateValue(key, forKey: name) == nil else {
            throw PublicKeyError(.badName, line: block.lineNumber, "a second key of the same kid")
        }
    }

    private static func checkKind(_ block: PEM.Block) throws(PublicKeyError) {
        let label = String(decoding: block.label.prefix(40), as: UTF8.self)
        guard label != "PUBLIC KEY" else { return }
        let remedy =
            if label.hasSuffix("PRIVATE KEY") {
                "it does not belong here: anybody who has it can make tokens"
            } else if label == "CERTIFICATE" {
                "take its key out with: openssl x509 -pubkey -noout"
            } else if label == "RSA PUBLIC KEY" {
                "write it as a PUBLIC KEY with: openssl rsa -RSAPublicKey_in -pubout"
            } else {
                "a PUBLIC KEY is expected"
            }
        throw PublicKeyError(.wrongKind, line: block.lineNumber, "this is a \(label); \(remedy)")
    }
}
