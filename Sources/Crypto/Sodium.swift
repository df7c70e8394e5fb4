import CSodium

/// libsodium (https://doc.libsodium.org), brought up once per process.
enum Sodium {
    /// Touch it before any other call of the library. A process without a source of randomness must not go
    /// on.
    static let isReady: Bool = {
        precondition(sodium_init() >= 0, "libsodium could not be initialised")
        return true
    }()
}
