import Crypto
import Replication

extension BusSeal {
    /// HMAC-SHA-256 under the cluster's secret.
    public init(secret: [UInt8]) {
        let code = HMACSHA256(key: secret)
        self.init(sign: { code.tag(of: $0) }, isEqual: { ConstantTime.equal($0, $1) })
    }
}
