import Testing

@testable import Crypto

@Suite("Proofs that somebody knows the secret")
struct RequestProofTests {
    private let proof = RequestProof(secret: Array("correct horse battery staple".utf8))
    private let request = RequestProof.Request(
        method: "GET", target: "/log/tail?after=7", address: "http://10.0.0.7:8000")

    @Test("A proof is what it always was")
    func golden() throws {
        let answer = try #require(proof.answer(to: "Chat-Cluster nonce=00000000000000ab", for: request))
        #expect(
            answer == """
                Chat-Cluster nonce=00000000000000ab,mac=\
                b6c5644a6c29341c21c111db1c62c2c4bad424dc148c1d6cb91643b815c93a58
                """)
    }

    @Test("A challenge is found beside other schemes, and its answer is taken")
    func roundTrip() throws {
        let challenge = "Bearer, \(RequestProof.challenge(0xAB)), Basic realm=x"
        let answer = try #require(proof.answer(to: challenge, for: request))
        #expect(proof.nonce(answer, for: request) == 0xAB)
    }

    @Test(
        "What is no challenge of ours is not answered",
        arguments: [
            "", "Bearer", "Chat-Cluster", "Chat-Cluster nonce=", "Chat-Cluster nonce=ab",
            "Chat-Cluster nonce=00000000000000AB", "Chat-Cluster nonce=00000000000000abc",
        ])
    func noChallenge(text: String) {
        #expect(proof.answer(to: text, for: request) == nil)
    }

    @Test("A proof holds for its method, its target, its address and its secret alone")
    func bound() throws {
        let answer = try #require(proof.answer(to: RequestProof.challenge(1), for: request))
        let others = [
            RequestProof.Request(method: "HEAD", target: request.target, address: request.address),
            RequestProof.Request(method: "GET", target: "/log/tail?after=0", address: request.address),
            RequestProof.Request(method: "GET", target: request.target, address: "http://10.0.0.8:8000"),
        ]
        for other in others { #expect(proof.nonce(answer, for: other) == nil) }
        let stranger = RequestProof(secret: Array("another secret of somebody".utf8))
        #expect(stranger.nonce(answer, for: request) == nil)
    }

    @Test("A proof that is changed or cut anywhere is none")
    func malformed() throws {
        let answer = try #require(proof.answer(to: RequestProof.challenge(1), for: request))
        let bytes = Array(answer.utf8)
        for index in bytes.indices {
            var changed = bytes
            changed[index] ^= 1
            #expect(proof.nonce(String(decoding: changed, as: UTF8.self), for: request) == nil, "\(index)")
            let cut = String(decoding: bytes.prefix(index), as: UTF8.self)
            #expect(proof.nonce(cut, for: request) == nil, "\(index)")
        }
        #expect(proof.nonce(answer + "00", for: request) == nil)
    }

    @Test("A nonce is taken for its lifetime, and not for ever")
    func nonces() {
        var nonces = RequestNonces(draw: { 5 })
        #expect(!nonces.takes(5, at: .zero))
        #expect(nonces.current(at: .zero) == 5 && nonces.takes(5, at: .zero) && !nonces.takes(6, at: .zero))
        #expect(nonces.takes(5, at: .seconds(59)) && !nonces.takes(5, at: .seconds(60)))
    }

    @Test("A new nonce is given out when the newest is old, and the one before it is still taken")
    func replaced() {
        var nonces = RequestNonces()
        let first = nonces.current(at: .zero)
        #expect(nonces.current(at: .seconds(29)) == first)
        let second = nonces.current(at: .seconds(30))
        #expect(second != first)
        #expect(nonces.takes(first, at: .seconds(31)) && nonces.takes(second, at: .seconds(31)))
        _ = nonces.current(at: .seconds(60))
        #expect(!nonces.takes(first, at: .seconds(60)) && nonces.takes(second, at: .seconds(60)))
    }
}
