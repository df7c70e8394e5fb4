/// How often passwords may be tried, for each address and for each account.
///
/// The address is asked first: whoever has used it up cannot use up an account's attempts, nor fill the table
/// of accounts with invented names. An attempt that was right is given back to both. What this cannot
/// prevent: somebody with many addresses keeps the owner of a known name from signing in with the password
/// for as long as they go on; tokens that are held go on working.
public struct SignInLimiter: Sendable {
    /// Twenty at once (a family, an office behind one address), then one each 3 s.
    public static let perAddress = RateLimit(burst: 20, interval: .seconds(3))
    /// Ten at once, then one each 30 s: 2,880 guesses a day.
    public static let perAccount = RateLimit(burst: 10, interval: .seconds(30))

    private var addresses: RateLimiter<IPAddress>
    private var accounts: RateLimiter<[UInt8]>

    public init(keysMax: Int = RateLimiterBounds.keysMax) {
        addresses = RateLimiter(Self.perAddress, keysMax: keysMax)
        accounts = RateLimiter(Self.perAccount, keysMax: keysMax)
    }

    /// Before a password is looked at.
    ///
    /// - Parameters:
    ///   - account: the name in the form in which accounts are unique; of bounded length.
    ///   - address: the client's; those of one IPv6 network count as one.
    public mutating func attempt(account: [UInt8], from address: IPAddress, now: Duration) -> RateDecision {
        let decision = addresses.take(address.subscriber, now: now)
        guard decision == .allowed else { return decision }
        return accounts.take(account, now: now)
    }

    /// The password was right.
    public mutating func succeeded(account: [UInt8], from address: IPAddress) {
        addresses.giveBack(address.subscriber)
        accounts.giveBack(account)
    }
}
