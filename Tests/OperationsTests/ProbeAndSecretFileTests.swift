import Glibc
import Testing

@testable import Operations

@Suite("Probes and secrets in files")
struct ProbeAndSecretFileTests {
    @Test(
        "A probe comes with the settings that the service would run with; of two the stricter one counts",
        arguments: [
            (["--health", "--port", "7"], Probe.health), (["--port=7", "--ready"], .ready),
            (["--ready", "--health", "--port=7"], .ready),
        ])
    func probes(arguments: [String], wanted: Probe) throws {
        let request = try ChatServerSettings.parse(arguments: arguments, environment: [:])
        guard case .ask(let probe, let settings) = request else {
            Issue.record("\(arguments) asks for no probe")
            return
        }
        #expect(probe == wanted)
        #expect(settings.common.port == 7)
    }

    @Test("A probe asks the path that the service answers it on")
    func paths() {
        #expect(Probe.allCases.map(\.path) == ["/healthz", "/readyz"])
    }

    @Test("The first line of a file is the secret, up to its end of either kind")
    func firstLine() throws {
        for text in ["0123456789abcdef", "0123456789abcdef\n", "0123456789abcdef\r\nmore\n"] {
            let settings = try settings(file: try temporaryFile(text))
            #expect(settings.common.clusterSecret == Secret("0123456789abcdef"))
        }
    }

    @Test("The secret itself wins over the one in a file")
    func precedence() throws {
        let settings = try settings(file: try temporaryFile("0123456789abcdef"), secret: "fedcba9876543210")
        #expect(settings.common.clusterSecret == Secret("fedcba9876543210"))
    }

    @Test("A file that is not there, or begins with too short a line, is named and not shown")
    func refused() throws {
        for path in ["/nonexistent/secret", try temporaryFile("hunter2\n0123456789abcdef"), "/"] {
            let thrown = #expect(throws: SettingsError.self) { try settings(file: path) }
            let error = try #require(thrown)
            #expect(error.name == "CLUSTER_SECRET_FILE")
            #expect(error.description.contains(path) && !error.description.contains("hunter2"))
        }
    }

    private func settings(file: String, secret: String = "") throws -> ReplicationLogSettings {
        let environment = ["CLUSTER_SECRET_FILE": file, "CLUSTER_SECRET": secret]
        let request = try ReplicationLogSettings.parse(arguments: [], environment: environment)
        guard case .run(let settings) = request else { throw NotRun() }
        return settings
    }

    private struct NotRun: Error {}

    /// A new file of this content; returns its path.
    private func temporaryFile(_ text: String) throws -> String {
        var path = Array("/tmp/chat-cluster-secret-XXXXXX".utf8CString)
        let descriptor = mkstemp(&path)
        let bytes = Array(text.utf8)
        try #require(descriptor >= 0 && write(descriptor, bytes, bytes.count) == bytes.count)
        close(descriptor)
        return String(decoding: path.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
