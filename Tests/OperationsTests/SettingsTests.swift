import Testing

@testable import Operations

@Suite("Settings of the services")
struct SettingsTests {
    @Test("Without flags and environment the defaults hold")
    func defaults() throws {
        let log = try run(ReplicationLogSettings.self)
        #expect(log.common.host == "0.0.0.0" && log.common.port == 8100)
        #expect(log.common.redis == RedisURL("redis://127.0.0.1:6379"))
        #expect(
            log.common.clusterSecret == nil && log.common.clusterName.isEmpty && log.common.basePath.isEmpty)
        #expect(log.common.logLevel == .info && log.common.logFormat == .text)
        #expect(log.common.drainWindow == .seconds(5) && log.common.allowedOrigins == AllowedOrigins(""))
        #expect(log.dataDirectory == "./data" && log.durability == .sync && log.syncInterval == .seconds(1))
        #expect(log.segmentBytes == 64 << 20 && log.idIndexEntries == 1_000_000)
        #expect(log.ingestChannels == "*" && log.engine == .embedded && log.fanout == 8)
        #expect(log.scrubInterval == .seconds(24 * 3600))

        let pod = try run(ChatServerSettings.self)
        #expect(pod.common.port == 8000 && pod.historyBytes == 0)
        #expect(pod.replicationLog == HTTPURL("http://127.0.0.1:8100"))
        #expect(!pod.replicaID.isEmpty && pod.writeTimeout == .seconds(10))
        #expect(pod.supersededRetention == .seconds(3600) && pod.scrubInterval == .seconds(3600))
        #expect(pod.delegation.follow == .redis && pod.delegation.advertisedURL == nil)
    }

    @Test("A flag wins over the environment, the environment over the default")
    func precedence() throws {
        let environment = ["PORT": "1", "DATA_DIR": "/env", "SEGMENT_BYTES": "1MiB"]
        let log = try run(
            ReplicationLogSettings.self, ["--port", "2", "--data-dir=/flag=x"], environment: environment)
        #expect(log.common.port == 2)
        #expect(log.dataDirectory == "/flag=x")
        #expect(log.segmentBytes == 1 << 20)
    }

    @Test("Empty Redis URL, ingest pattern and secret mean none; other empty variables count as unset")
    func empty() throws {
        let environment = [
            "REDIS_URL": "", "INGEST_CHANNELS": "", "CLUSTER_SECRET": "", "PORT": "", "DATA_DIR": "",
        ]
        let log = try run(ReplicationLogSettings.self, environment: environment)
        #expect(log.common.redis == nil && log.ingestChannels == nil && log.common.clusterSecret == nil)
        #expect(log.common.port == 8100 && log.dataDirectory == "./data")
    }

    @Test(
        "A bad value of any setting is named with what is expected",
        arguments: [
            ("HOST", "a b"), ("PORT", "65536"), ("REDIS_URL", "redis://"), ("CLUSTER_NAME", "a:b"),
            ("BASE_PATH", "/a//b"), ("LOG_LEVEL", "loud"), ("LOG_FORMAT", "xml"), ("CLUSTER_SECRET", "short"),
            ("ALLOWED_ORIGINS", "x"), ("DRAIN_WINDOW", "2h"), ("DURABILITY", "maybe"), ("SYNC_INTERVAL", "0"),
            ("SEGMENT_BYTES", "1KiB"), ("ID_INDEX_ENTRIES", "0"), ("ENGINE", "etcd"), ("FANOUT", "0"),
            ("INGEST_CHANNELS", String(repeating: "*", count: 257)), ("SCRUB_INTERVAL", "721h"),
        ])
    func badValue(name: String, value: String) throws {
        let error = try refusal(ReplicationLogSettings.self, environment: [name: value])
        #expect(error.code == .invalidValue && error.name == name)
        #expect(error.description.contains(name) && !error.description.contains("\n"))
        let setting = try #require(ReplicationLogSettings.table.first { $0.name == name })
        #expect(error.description.contains(setting.expects))
    }

    @Test(
        "A bad value of a chat-server's setting is named",
        arguments: [
            ("REPLICATION_LOG_URL", "log:8100"), ("REPLICA_ID", "a b"), ("REPLICA_ID", "none"),
            ("HISTORY_BYTES", "-1"),
            ("WRITE_TIMEOUT", "1ms"), ("SUPERSEDED_RETENTION", "never"), ("FOLLOW", "me"),
            ("ADVERTISED_URL", "pod:8000"), ("SCRUB_INTERVAL", "-1s"),
        ])
    func badPodValue(name: String, value: String) throws {
        let error = try refusal(ChatServerSettings.self, environment: [name: value])
        #expect(error.code == .invalidValue && error.name == name)
        #expect(error.description.contains("\"\(value)\""))
    }

    @Test("An address that is too long for the log to take is refused at the start")
    func longAddress() throws {
        let url = "http://pod/" + String(repeating: "x", count: 250)
        let error = try refusal(ChatServerSettings.self, environment: ["ADVERTISED_URL": url])
        #expect(error.name == "ADVERTISED_URL" && error.description.contains("at most 256 bytes"))
    }

    @Test("No error shows a secret or a password, and none breaks its line")
    func discretion() throws {
        let secret = try refusal(ReplicationLogSettings.self, environment: ["CLUSTER_SECRET": "hunter2"])
        #expect(!secret.description.contains("hunter2") && secret.description.contains("7 bytes"))
        let redis = try refusal(
            ReplicationLogSettings.self, environment: ["REDIS_URL": "redis://u:hunter2@host:99999"])
        #expect(!redis.description.contains("hunter2") && redis.description.contains("@host:99999"))
        let forged = try refusal(ReplicationLogSettings.self, environment: ["PORT": "1\nok \u{1B}[2J"])
        #expect(forged.description.utf8.allSatisfy { $0 >= 0x20 })
        let settings = try run(
            ReplicationLogSettings.self, environment: ["CLUSTER_SECRET": "0123456789abcdef"])
        var dumped = ""
        dump(settings, to: &dumped)
        #expect(!dumped.contains("0123456789abcdef") && !"\(settings)".contains("0123456789abcdef"))
    }

    @Test("An unknown flag is refused with the nearest name")
    func unknownFlag() throws {
        let near = try refusal(ReplicationLogSettings.self, ["--prot", "1"])
        #expect(near.code == .unknownFlag && near.description.contains("--port?"))
        let far = try refusal(ReplicationLogSettings.self, ["--quite-another-thing"])
        #expect(far.code == .unknownFlag && far.description.contains("--help"))
    }

    @Test("A flag without value, one given twice and a stray argument are refused")
    func malformedArguments() throws {
        #expect(try refusal(ReplicationLogSettings.self, ["--port"]).code == .missingValue)
        #expect(try refusal(ReplicationLogSettings.self, ["--port=1", "--port=2"]).code == .repeatedFlag)
        #expect(try refusal(ReplicationLogSettings.self, ["start"]).code == .unexpectedArgument)
        #expect(try refusal(ReplicationLogSettings.self, ["--", "--port"]).code == .unexpectedArgument)
    }

    @Test("The help names every setting with flag and default")
    func help() throws {
        guard
            case .show(let text) = try ChatServerSettings.parse(
                arguments: ["--help"], environment: ["PORT": "x"])
        else {
            Issue.record("--help did not ask for the help")
            return
        }
        for setting in ChatServerSettings.table {
            #expect(text.contains("  \(setting.name), \(setting.flag)  (default: "))
            #expect(words(text).contains(words(setting.summary)))
        }
        #expect(text.split(separator: "\n").allSatisfy { $0.count <= 110 })
    }

    @Test("The version is shown")
    func version() throws {
        guard
            case .show(let text) = try ReplicationLogSettings.parse(
                arguments: ["--version"], environment: [:])
        else {
            Issue.record("--version did not ask for the version")
            return
        }
        #expect(text == "replication-log \(Version.current)\n")
    }

    @Test(
        "Tables have each name once, and every default is a value",
        arguments: [
            ReplicationLogSettings.table, ChatServerSettings.table,
        ])
    func tables(table: [SettingDescription]) {
        #expect(Set(table.map(\.name)).count == table.count)
        #expect(table.allSatisfy { $0.accepts($0.defaultText) })
    }

    @Test("A replica's default name is what is left of the host's")
    func replicaName() {
        #expect(ChatServerSettings.defaultReplicaID(hostName: "chat-server-0") == "chat-server-0")
        #expect(ChatServerSettings.defaultReplicaID(hostName: "bücher host") == "bcherhost")
        #expect(ChatServerSettings.defaultReplicaID(hostName: nil) == "chat-server")
        let long = String(repeating: "a", count: 100)
        #expect(ChatServerSettings.defaultReplicaID(hostName: long).count == 64)
    }

    @Test("A table of a tool's own has switches and arguments beside the flags")
    func ownTable() throws {
        let follow = Setting(
            "FOLLOW", default: "false", expects: "true or false", "", parse: SettingNumber.boolean)
        let url = Setting("URL", default: "http://h", expects: "a URL", "", parse: { HTTPURL($0) })
        let table = [follow.description, url.description]
        let values = try SettingValues(
            table: table, arguments: ["general", "--follow", "--", "--url"], environment: [:],
            positionalsMax: 2)
        #expect(try values.read(follow))
        #expect(values.positionals == ["general", "--url"])
        let off = try SettingValues(table: table, arguments: ["--follow=no"], environment: [:])
        #expect(try off.read(follow) == false)
    }

    @Test("The process' environment has its variables, split at the first equals sign")
    func environment() {
        #expect(ProcessEnvironment.variables()["PATH"]?.isEmpty == false)
        #expect(Assignment.split("A=b=c") == (name: "A", value: "b=c"))
        #expect(Assignment.split("A=\u{301}x") == (name: "A", value: "\u{301}x"))
        #expect(Assignment.split("A").value == nil)
    }

    private func run<Settings: ServiceSettings>(
        _: Settings.Type, _ arguments: [String] = [], environment: [String: String] = [:]
    ) throws -> Settings {
        guard case .run(let settings) = try Settings.parse(arguments: arguments, environment: environment)
        else {
            throw Unexpected.help
        }
        return settings
    }

    private func refusal<Settings: ServiceSettings>(
        _: Settings.Type, _ arguments: [String] = [], environment: [String: String] = [:]
    ) throws -> SettingsError {
        do {
            _ = try Settings.parse(arguments: arguments, environment: environment)
        } catch let error {
            return error
        }
        throw Unexpected.acceptance
    }

    private func words(_ text: String) -> String {
        text.split { $0 == " " || $0 == "\n" }.joined(separator: " ")
    }

    private enum Unexpected: Error {
        case help
        case acceptance
    }
}
