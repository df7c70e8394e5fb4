import Crypto
import EventLoop
import Web

/// Judges those who ask this pod for lines, at the address that it advertises, and show that they know the
/// cluster's secret.
@LoopActor
final class RequestProofs {
    /// Where others reach this pod; nil: nobody proves anything to it.
    var address: String?

    private let proof: RequestProof
    private var nonces = RequestNonces()

    init(secret: [UInt8]) { proof = RequestProof(secret: secret) }

    var judge: Service.Options.Proofs {
        Service.Options.Proofs(
            challenge: { RequestProof.challenge(self.nonces.current(at: LoopClock.monotonic)) },
            isValid: { self.isValid($0, $1) })
    }

    private func isValid(_ authorization: String, _ head: RequestHead) -> Bool {
        guard let address else { return false }
        let request = RequestProof.Request(
            method: head.method.text, target: head.rawTarget.text, address: address)
        guard let nonce = proof.nonce(authorization, for: request) else { return false }
        return nonces.takes(nonce, at: LoopClock.monotonic)
    }
}
