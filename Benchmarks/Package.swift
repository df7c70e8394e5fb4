// swift-tools-version: 6.0
import PackageDescription

/// Measurements, apart from the services so that those build without them.
let package = Package(
    name: "Benchmarks",
    dependencies: [.package(name: "chat-cluster", path: "..")],
    targets: [
        .executableTarget(name: "codec", dependencies: [.product(name: "LogLine", package: "chat-cluster")])
    ],
    swiftLanguageModes: [.v6]
)
