/// The bounds of an HTTP/1.1 message and what happens above each.
public enum HTTPLimits {
    /// The request or status line without its CRLF. Above: 414.
    public static let startLineBytesMax = 16_384
    /// All field lines of a head (or of a trailer section) together, each with its CRLF. Above: 431.
    public static let fieldBytesMax = 16_384
    /// Field lines in a head (or trailer section). Above: 431.
    public static let fieldCountMax = 100
    /// A method's name. Above: 501, as RFC 9112 3 asks for methods longer than any that is implemented.
    public static let methodBytesMax = 32
    /// A query's `name=value` items. Above: 400.
    public static let queryItemCountMax = 100
    /// The digits of a Content-Length, leading zeros included, so that it always fits an `Int`. Above: 413.
    public static let contentLengthDigitsMax = 18
    /// A request's body, unless the route sets another limit. Above: 413.
    public static let bodyBytesMax = 524_288
    /// The hexadecimal digits of a chunk's size. Above: 400.
    public static let chunkSizeDigitsMax = 16
    /// A chunk's line (size and extensions) without its CRLF. Above: 400.
    public static let chunkLineBytesMax = 256
    /// The extensions of all chunks of one body together. Above: 400.
    public static let chunkExtensionBytesMax = 4_096
    /// Informational (1xx) responses before the final one. Above: the response is refused.
    public static let informationalCountMax = 8
}
