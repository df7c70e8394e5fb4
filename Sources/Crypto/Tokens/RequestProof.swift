import LogLine

/// How one pod shows another that it knows the cluster's secret, without saying anything that is worth
/// something elsewhere: who advertises an address learns nothing by being asked there.
///
/// | | |
/// |---|---|
/// | who is asked, with 401 | `WWW-Authenticate: Chat-Cluster nonce=<16 hexadecimal digits>` |
/// | who asks, again | `Authorization: Chat-Cluster nonce=<the same>,mac=<64 hexadecimal digits>` |
///
/// The mac is HMAC-SHA-256 under `DerivedKey.Purpose.requestProof` of nonce, method, target and the address
/// that is asked, each on a line. So it holds for one request, at one address, for as long as its nonce does
/// (`RequestNonces`): who passes a nonce on, to have it signed, is at another address; and nobody has to
/// have the right time.
public struct RequestProof: Sendable {
    /// What is asked for.
    public struct Request: Sendable {
        let method: String
        /// With its query, as it is sent.
        let target: String
        /// As the one who is asked advertises it.
        let address: String

        public init(method: String, target: String, address: String) {
            self.method = method
            self.target = target
            self.address = address
        }
    }

    private static let scheme = "Chat-Cluster "
    private static let nonceName = "nonce="
    private static let macName = ",mac="

    private let code: HMACSHA256

    public init(secret: [UInt8]) {
        code = HMACSHA256(key: DerivedKey(secret: secret, for: .requestProof).bytes)
    }

    /// The value of WWW-Authenticate.
    public static func challenge(_ nonce: UInt64) -> String { scheme + nonceName + text(nonce) }

    /// The value of Authorization that answers a WWW-Authenticate, which may name other schemes, too; nil
    /// when it holds no challenge of ours.
    public func answer(to challenge: String, for request: Request) -> String? {
        let marks = Self.scheme + Self.nonceName
        for part in challenge.split(separator: ",").map({ $0.drop { $0 == " " } }) {
            guard part.hasPrefix(marks), let nonce = Epoch(String(part.dropFirst(marks.count))) else {
                continue
            }
            let mac = HexadecimalBytes.text(code.tag(of: Self.content(nonce.value, request)))
            return Self.challenge(nonce.value) + Self.macName + mac
        }
        return nil
    }

    /// The nonce for which an Authorization proves that the request's sender knows the secret; nil: for none.
    /// Compares in constant time.
    public func nonce(_ authorization: String, for request: Request) -> UInt64? {
        let marks = Self.scheme + Self.nonceName
        let digits = authorization.utf8.dropFirst(marks.utf8.count)
        let behind = digits.dropFirst(16)
        guard authorization.hasPrefix(marks), behind.starts(with: Self.macName.utf8),
            let nonce = Epoch(String(decoding: digits.prefix(16), as: UTF8.self)),
            let mac = HexadecimalBytes.parse(behind.dropFirst(Self.macName.utf8.count)),
            code.isValid(mac, of: Self.content(nonce.value, request))
        else { return nil }
        return nonce.value
    }

    private static func content(_ nonce: UInt64, _ request: Request) -> [UInt8] {
        Array("\(text(nonce))\n\(request.method)\n\(request.target)\n\(request.address)".utf8)
    }

    private static func text(_ nonce: UInt64) -> String { Epoch(nonce).description }
}

/// The nonces that a service has given out and still takes: each for `lifetime` at least and twice that at
/// most. Pure.
public struct RequestNonces: Sendable {
    public static let lifetime = Duration.seconds(30)

    private let draw: @Sendable () -> UInt64
    private var newest: (nonce: UInt64, at: Duration)?
    private var former: (nonce: UInt64, at: Duration)?

    /// - Parameter draw: random numbers that nobody can foresee.
    public init(draw: @escaping @Sendable () -> UInt64 = SecureRandom.uint64) { self.draw = draw }

    /// To be given out now.
    public mutating func current(at now: Duration) -> UInt64 {
        if let newest, now - newest.at < Self.lifetime { return newest.nonce }
        former = newest
        let drawn = draw()
        newest = (drawn, now)
        return drawn
    }

    public func takes(_ nonce: UInt64, at now: Duration) -> Bool {
        [newest, former].contains { known in
            guard let known else { return false }
            return known.nonce == nonce && now - known.at < Self.lifetime * 2
        }
    }
}
