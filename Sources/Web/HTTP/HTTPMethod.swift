/// A request's method. Methods are case-sensitive (RFC 9110 9.1): `get` is an unknown one.
public enum HTTPMethod: Equatable, Sendable {
    case get, head, post, put, delete, options, patch
    /// A valid token that names none of the above.
    case other(String)

    /// Precondition: `bytes` are a token.
    init(token bytes: UnsafeRawBufferPointer) {
        self =
            if HTTPCharacters.equal(bytes, "GET") {
                .get
            } else if HTTPCharacters.equal(bytes, "POST") {
                .post
            } else if HTTPCharacters.equal(bytes, "HEAD") {
                .head
            } else if HTTPCharacters.equal(bytes, "PUT") {
                .put
            } else if HTTPCharacters.equal(bytes, "DELETE") {
                .delete
            } else if HTTPCharacters.equal(bytes, "OPTIONS") {
                .options
            } else if HTTPCharacters.equal(bytes, "PATCH") {
                .patch
            } else {
                .other(String(decoding: bytes, as: UTF8.self))
            }
    }

    /// As it stands in the request line.
    public var text: String {
        switch self {
        case .get: "GET"
        case .head: "HEAD"
        case .post: "POST"
        case .put: "PUT"
        case .delete: "DELETE"
        case .options: "OPTIONS"
        case .patch: "PATCH"
        case .other(let name): name
        }
    }
}
