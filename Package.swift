// swift-tools-version: 6.0
import PackageDescription

/// The layers of docs/architecture.md, bottom first: a target may import only what stands before it in this
/// list and in its own `dependencies`; `scripts/check` compares the imports with them.
let package = Package(
    name: "chat-cluster",
    products: [
        .library(name: "LogLine", targets: ["LogLine"]),
        .library(name: "Replication", targets: ["Replication"]),
        .library(name: "Views", targets: ["Views"]),
        .library(name: "Web", targets: ["Web"]),
        .library(name: "SegmentStore", targets: ["SegmentStore", "Replication"]),
        .executable(name: "replication-log", targets: ["replication-log"]),
        .executable(name: "chat-server", targets: ["chat-server"]),
        .executable(name: "chatctl", targets: ["chatctl"]),
    ],
    targets: [
        // System libraries: one Swift importer each.
        .systemLibrary(name: "CEvent", pkgConfig: "libevent", providers: [.apt(["libevent-dev"])]),
        .systemLibrary(name: "CHiredis", providers: [.apt(["libhiredis-dev"])]),
        .systemLibrary(name: "CSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"])]),
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .target(name: "CChecksum"),
        .target(name: "CSystem"),
        // The pages, compiled in: the folder web.
        .target(name: "CWebPage"),

        // Pure: no I/O, no clock.
        .target(name: "LogLine", dependencies: ["CChecksum"]),
        .target(name: "Views", dependencies: ["LogLine"]),
        .target(name: "Replication", dependencies: ["LogLine"]),

        // The chat on a terminal: state, keys and rows; what it asks of the outside is done by chatctl.
        .target(name: "TerminalChat", dependencies: ["LogLine", "Replication"]),

        // Threads, what they share, and the clocks.
        .target(name: "Threads", dependencies: ["CSystem"]),

        // What a process needs to be run: settings, diagnostics, metrics; keyed hashes, passwords, tokens.
        .target(name: "Operations", dependencies: ["Threads"]),
        .target(name: "Crypto", dependencies: ["CSodium", "COpenSSL", "LogLine", "Threads"]),

        // Connections.
        .target(name: "EventLoop", dependencies: ["CEvent", "CSystem", "LogLine", "Threads"]),
        .target(name: "Web", dependencies: ["EventLoop", "LogLine", "Replication", "Operations", "Threads"]),

        // Adapters: they never import each other.
        .target(name: "SegmentStore", dependencies: ["LogLine", "Replication", "Threads"]),
        .target(
            name: "RedisBus",
            dependencies: ["CHiredis", "EventLoop", "LogLine", "Replication", "Operations", "Crypto"]),
        .target(
            name: "LogClient", dependencies: ["Web", "EventLoop", "LogLine", "Replication", "Operations"]),
        .target(name: "SearchIndex", dependencies: ["CSQLite", "LogLine", "Views", "Threads"]),

        // What the command-line tool decides and computes: no I/O, no clock.
        .target(name: "ClusterTools", dependencies: ["LogLine", "Views"]),

        // The reading half of the contract, the same on the log and on the pods.
        .target(
            name: "LogServing",
            dependencies: ["CWebPage", "LogLine", "Views", "Replication", "EventLoop", "Web"]),

        // What each service does.
        .target(
            name: "ReplicationLogService",
            dependencies: [
                "LogLine", "Views", "Replication", "Operations", "Crypto", "EventLoop", "Web", "LogServing",
            ]),
        .target(
            name: "ChatService",
            dependencies: [
                "LogLine", "Views", "Replication", "Operations", "Crypto", "EventLoop", "Web", "LogServing",
            ]),

        // Composition roots; a pod is put together for the service and for tools that run many in a process.
        .target(
            name: "ChatPod",
            dependencies: [
                "ChatService", "LogClient", "RedisBus", "Web", "EventLoop", "Operations", "Crypto",
                "Replication", "Views", "LogLine",
            ]),
        .executableTarget(
            name: "replication-log",
            dependencies: [
                "ReplicationLogService", "SegmentStore", "RedisBus", "Web", "EventLoop", "Operations",
                "Crypto", "Replication", "Views", "LogLine",
            ]),
        .executableTarget(
            name: "chat-server",
            dependencies: ["ChatPod", "ChatService", "SearchIndex", "Web", "EventLoop", "Operations"]),
        .executableTarget(
            name: "chatctl",
            dependencies: [
                "ChatPod", "ChatService", "ClusterTools", "SegmentStore", "Web", "EventLoop", "Operations",
                "Crypto", "TerminalChat", "Threads", "Replication", "Views", "LogLine",
            ]),

        // Tests: one target each, and what they share.
        .executableTarget(
            name: "http-parse-probe", dependencies: ["Web", "LogLine"],
            path: "Tests/Conformance/http-parse-probe"),
        .executableTarget(
            name: "ws-echo", dependencies: ["Web", "EventLoop", "LogLine", "Operations"],
            path: "Tests/Conformance/ws-echo"),
        .target(
            name: "TestSupport", dependencies: ["LogLine", "Replication", "Threads"], path: "Tests/Support"),
        .target(name: "LoopTestSupport", dependencies: ["EventLoop", "Threads"], path: "Tests/LoopSupport"),
        .testTarget(name: "LogLineTests", dependencies: ["LogLine", "TestSupport"]),
        .testTarget(name: "ViewsTests", dependencies: ["Views", "Replication", "LogLine", "TestSupport"]),
        .testTarget(name: "ReplicationTests", dependencies: ["Replication", "LogLine", "TestSupport"]),
        .testTarget(name: "TerminalChatTests", dependencies: ["TerminalChat", "LogLine"]),
        .testTarget(name: "ThreadsTests", dependencies: ["Threads"]),
        .testTarget(name: "OperationsTests", dependencies: ["Operations", "Threads", "LogLine"]),
        .testTarget(name: "CryptoTests", dependencies: ["Crypto", "LogLine", "TestSupport"]),
        .testTarget(
            name: "EventLoopTests",
            dependencies: ["EventLoop", "LogLine", "Threads", "TestSupport", "LoopTestSupport"]),
        .testTarget(
            name: "WebTests",
            dependencies: [
                "Web", "EventLoop", "LogLine", "Replication", "Operations", "TestSupport", "LoopTestSupport",
            ]),
        .testTarget(
            name: "LogClientTests",
            dependencies: [
                "LogClient", "Web", "EventLoop", "LogLine", "Replication", "Operations", "LoopTestSupport",
            ]),
        .testTarget(
            name: "LogServingTests",
            dependencies: [
                "LogServing", "Web", "EventLoop", "LogLine", "Views", "Replication", "Operations",
                "TestSupport", "LoopTestSupport",
            ]),
        .testTarget(
            name: "ChatServiceTests",
            dependencies: [
                "ChatService", "EventLoop", "Web", "LogLine", "Views", "Replication", "Operations",
                "TestSupport", "LoopTestSupport",
            ]),
        .testTarget(name: "ClusterToolsTests", dependencies: ["ClusterTools", "LogLine", "TestSupport"]),
        .testTarget(name: "SearchIndexTests", dependencies: ["SearchIndex", "Views", "LogLine", "Threads"]),
        .testTarget(
            name: "SegmentStoreTests",
            dependencies: ["SegmentStore", "TestSupport", "Replication", "LogLine", "Threads"]),
    ],
    swiftLanguageModes: [.v6]
)
