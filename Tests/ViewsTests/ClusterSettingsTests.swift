import LogLine
import TestSupport
import Testing

@testable import Views

@Suite("What lines tell the cluster to do")
struct ClusterSettingsTests {
    private func line(
        _ json: String, channel: String = "$cluster", kind: String = "setting",
        key: String? = ClusterSettings.writeQuorumKey
    ) throws -> [UInt8] {
        let draft = try Draft(
            channel: Channel(validating: Array(channel.utf8)),
            key: key.map { try Key(validating: Array($0.utf8)) },
            body: .data(kind: try Kind(validating: Array(kind.utf8)), json: Array(json.utf8)))
        let out = ByteBuffer()
        _ = Line.encode(draft, offset: Offset(1), time: Timestamp(milliseconds: 0), into: out)
        return Array(out.takeSlice().array.dropLast())
    }

    private func apply(_ line: [UInt8], to settings: inout ClusterSettings) throws {
        try line.withUnsafeBytes { settings.apply($0, try Line.scan($0)) }
    }

    @Test("The newest write quorum counts")
    func newest() throws {
        var settings = ClusterSettings()
        #expect(settings.writeQuorum == nil)
        for value in ["majority", "3"] {
            let data = String(decoding: ClusterSettings.data(writeQuorum: value), as: UTF8.self)
            try apply(try line(data), to: &settings)
            #expect(settings.writeQuorum == value)
        }
    }

    @Test("Lines of another channel, kind, key or shape say nothing")
    func others() throws {
        var settings = ClusterSettings()
        let data = #"{"write_quorum":"all"}"#
        try apply(try line(data, channel: "cluster"), to: &settings)
        try apply(try line(data, channel: "$clusters"), to: &settings)
        try apply(try line(data, kind: "settings"), to: &settings)
        try apply(try line(data, key: nil), to: &settings)
        try apply(try line(data, key: "setting:other"), to: &settings)
        for other in ["1", "{}", #"{"write_quorum":1}"#, #"["write_quorum"]"#] {
            try apply(try line(other), to: &settings)
        }
        #expect(settings.writeQuorum == nil)
        try apply(try line(#"{"write_quorum":"all","more":[1]}"#), to: &settings)
        #expect(settings.writeQuorum == "all")
    }
}
