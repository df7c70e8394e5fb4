// swift-tools-version: 6.0
import PackageDescription

/// Measurements, apart from the services so that those build without them.
let package = Package(
    name: "Benchmarks",
    dependencies: [.package(name: "chat-cluster", path: "..")],
    targets: [
        .target(name: "Measuring"),
        .executableTarget(
            name: "codec", dependencies: ["Measuring", .product(name: "LogLine", package: "chat-cluster")]),
        .executableTarget(
            name: "views",
            dependencies: [
                "Measuring", .product(name: "LogLine", package: "chat-cluster"),
                .product(name: "Views", package: "chat-cluster"),
            ]),
        .executableTarget(
            name: "http",
            dependencies: [
                "Measuring", .product(name: "LogLine", package: "chat-cluster"),
                .product(name: "Web", package: "chat-cluster"),
            ]),
        .executableTarget(
            name: "replication",
            dependencies: [
                "Measuring", .product(name: "LogLine", package: "chat-cluster"),
                .product(name: "Replication", package: "chat-cluster"),
            ]),
        .executableTarget(
            name: "store",
            dependencies: [
                .product(name: "LogLine", package: "chat-cluster"),
                .product(name: "SegmentStore", package: "chat-cluster"),
            ]),
    ],
    swiftLanguageModes: [.v6]
)
