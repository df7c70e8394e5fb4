/// Why a file of public keys cannot be used. Shows nothing of the file but labels, names and line numbers.
public struct PublicKeyError: Error, Equatable, Sendable, CustomStringConvertible {
    public enum Code: Equatable, Sendable {
        /// The file, or the number of its keys.
        case tooLarge
        /// No PEM block.
        case noKey
        case malformed
        /// A certificate, a private key, a key of another algorithm.
        case wrongKind
        /// A modulus outside `RSAPublicKey.bitsRange`.
        case wrongSize
        /// Two keys cannot be told apart, or a name has no key.
        case badName
    }

    public let code: Code
    /// One line: where, what is wrong, and the limit where there is one.
    public let description: String

    init(_ code: Code, line: Int?, _ detail: String) {
        self.code = code
        description = (line.map { "line \($0): " } ?? "") + detail
    }
}
