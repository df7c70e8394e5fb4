import LogLine
import Testing

@testable import Replication

@Suite("A replica's report")
struct ReplicaReportTests {
    private func decode(_ text: String, seal: BusSeal? = nil) throws -> ReplicaReport {
        try Array(text.utf8).withUnsafeBytes { try ReplicaReport.decode($0, seal: seal) }
    }

    private func full() throws -> ReplicaReport {
        var full = try report(
            "pod-1", incarnation: 0x1F, 7, at: 42, following: .replica(try replicaID("pod-3")), ready: false)
        full.address = "http://10.0.0.1:8000"
        full.isLeaving = true
        full.wantsUpstream = true
        full.lost = try replicaID("pod-2")
        full.simulatedDelay = "0.1ms-1ms"
        full.heard = Beat(run: 0x2F, count: 17)
        return full
    }

    @Test("is one object, with what there is to say")
    func golden() throws {
        let least = try report("pod-1", at: 0)
        #expect(
            encoded { least.encode(into: $0) } == """
                {"replica_id":"pod-1","incarnation":"0000000000000001","sequence":1,\
                "epoch":"000000000000000a","offset":0,"digest":"0000000000000000",\
                "following":"redis","ready":true}
                """)
        let full = try full()
        #expect(
            encoded { full.encode(into: $0) } == """
                {"replica_id":"pod-1","incarnation":"000000000000001f","sequence":7,\
                "epoch":"000000000000000a","offset":42,"digest":"0000000000000000",\
                "address":"http://10.0.0.1:8000","following":"pod-3","ready":false,"leaving":true,\
                "wants_upstream":true,"lost":"pod-2","simulated_delay":"0.1ms-1ms",\
                "run":"000000000000002f","beat":17}
                """)
    }

    @Test("is read back, sealed or not")
    func roundTrip() throws {
        var early = try report("a", epoch: nil, at: 3, following: .nowhere)
        for _ in 0..<2 {
            let written = early
            #expect(try decode(encoded { written.encode(into: $0) }) == written)
            let sealed = encoded { written.encode(seal: makeSeal(1), into: $0) }
            #expect(try decode(sealed, seal: makeSeal(1)) == written)
            #expect(throws: BusError.self) { try decode(sealed, seal: makeSeal(2)) }
            early = try full()
        }
    }

    @Test("may have members that we do not know")
    func unknown() throws {
        let text = encoded { [plain = try? report("a", at: 1)] in plain?.encode(into: $0) }
        let more = text.dropLast() + #","mood":{"good":[1,2]}}"#
        #expect(try decode(String(more)) == report("a", at: 1))
    }

    @Test(
        "that is none is refused",
        arguments: [
            ("\"pod-1\"", "\"\""), ("\"pod-1\"", "\"a b\""), ("\"pod-1\"", "\"redis\""),
            ("\"pod-1\"", "\"log\""), ("\"pod-1\"", "\"none\""), ("\"sequence\":1,", ""),
            ("\"ready\":true", "\"ready\":1"),
            ("\"following\":\"redis\"", "\"following\":\"a/b\""),
            ("0000000000000001", "1"), ("\"offset\":0", "\"offset\":-1"), ("}", "} x"), ("{", "["),
        ])
    func malformed(part: String, replacement: String) throws {
        let plain = try report("pod-1", at: 0)
        let text = encoded { plain.encode(into: $0) }
        #expect(text.contains(part))
        let changed = text.replacing(part, with: replacement)
        #expect(#expect(throws: BusError.self) { try decode(changed) }?.code == .malformed)
    }

    @Test(
        "tells any address under which a pod can be reached",
        arguments: [
            "http://10.0.0.7:8000", "http://pod-1.pods.chat_x:1", "http://[::1]:65535",
            "http://[fe80::1%eth0]:80", "http://a:80/chat-server", "http://a:80/x/y~_.-",
        ])
    func addresses(address: String) throws {
        var written = try report("a", at: 0)
        written.address = address
        let text = encoded { [written] in written.encode(into: $0) }
        let read = try decode(text)
        #expect(read.address == address)
    }

    @Test(
        "whose address is no plain URL is refused, and the field and its limit are named",
        arguments: [
            "", "http://", "http://a", "http://:80", "http://a:", "http://a:0", "http://a:080",
            "http://a:65536",
            "https://a:80", "HTTP://a:80", "ftp://a:80", "javascript:alert(1)", "//a:80", "http://a:80/",
            "http://a:80//b", "http://a:80/..", "http://a:80/?q", "http://a:80/#f", "http://u@a:80",
            "http://u:p@a:80", "http://a b:80", "http://a:80\r\nX: y", "http://a\u{1B}[2J:80",
            "http://a\u{0}:80",
            "http://pod\u{202E}1:80", "http://ä:80", "http://<b>:80", "http://a\":80", "http://[::1:80",
            "http://[]:80", "http://[a]:80", "http://::1:80", "http://[::1]8:80",
            "http://" + String(repeating: "a", count: 253) + ":80",
            "http://" + String(repeating: "a", count: 254),
        ])
    func oddAddresses(address: String) throws {
        var written = try report("a", at: 0)
        written.address = address
        let text = encoded { [written] in written.encode(into: $0) }
        let error = #expect(throws: BusError.self) { try decode(text) }
        #expect(error?.code == .malformed)
        #expect(error?.detail.contains("address") == true && error?.detail.contains("256") == true)
    }

    @Test("whose delay is anything but times is refused")
    func oddDelay() throws {
        var written = try report("a", at: 0)
        written.simulatedDelay = "1ms<br>"
        let text = encoded { [written] in written.encode(into: $0) }
        #expect(throws: BusError.self) { try decode(text) }
    }

    @Test("of an endless name is refused")
    func tooLarge() {
        let text = "{\"x\":\"" + String(repeating: "x", count: ReplicaLimits.reportBytesMax) + "\"}"
        #expect(#expect(throws: BusError.self) { try decode(text) }?.code == .tooLarge)
    }
}

@Suite("The log's answer to a report")
struct ReportAnswerTests {
    @Test(
        "says where the log is, and who feeds the pod",
        arguments: [
            (UpstreamAssignment?.none, false, ""), (nil, true, ",\"upstream\":null"),
            (.log, true, ",\"upstream\":{\"id\":\"log\"}"),
            (
                UpstreamAssignment(node: .log, address: nil, tier: 1), true,
                ",\"upstream\":{\"id\":\"log\",\"tier\":1}"
            ),
            (
                ReplicaID("pod-3").map { UpstreamAssignment(node: .replica($0), address: "http://a:1") },
                true,
                ",\"upstream\":{\"id\":\"pod-3\",\"address\":\"http://a:1\"}"
            ),
        ])
    func roundTrip(upstream: UpstreamAssignment?, names: Bool, member: String) throws {
        let answer = ReportAnswer(epoch: ownEpoch, offset: Offset(5), upstream: upstream)
        let text = encoded { answer.encode(namesUpstream: names, into: $0) }
        #expect(text == "{\"epoch\":\"000000000000000a\",\"offset\":5\(member)}")
        #expect(try Array(text.utf8).withUnsafeBytes { try ReportAnswer.decode($0) } == answer)
    }

    @Test(
        "without what belongs to it is refused",
        arguments: [
            "{}", "{\"offset\":1}", "{\"epoch\":\"000000000000000a\"}",
            "{\"epoch\":\"000000000000000a\",\"offset\":1,\"upstream\":{}}",
        ])
    func refused(text: String) {
        #expect(throws: InvalidField.self) {
            try Array(text.utf8).withUnsafeBytes { try ReportAnswer.decode($0) }
        }
    }
}
