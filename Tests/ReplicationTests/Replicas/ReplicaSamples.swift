import LogLine
import Testing

@testable import Replication

let ownEpoch = Epoch(0xA)

func replicaID(_ text: String) throws -> ReplicaID { try #require(ReplicaID(text)) }

func report(
    _ name: String, incarnation: UInt64 = 1, _ sequence: UInt64 = 1, epoch: Epoch? = ownEpoch,
    at offset: UInt64, following: ReplicaReport.Following = .redis, ready isReady: Bool = true
) throws -> ReplicaReport {
    ReplicaReport(
        replicaID: try replicaID(name), incarnation: incarnation, sequence: sequence, epoch: epoch,
        offset: Offset(offset), digest: .zero, following: following, isReady: isReady)
}
