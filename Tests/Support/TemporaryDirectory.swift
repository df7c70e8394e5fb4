import Foundation

/// A directory of its own for a test, removed with the last reference.
public final class TemporaryDirectory: Sendable {
    public let path: String

    public init() throws {
        let name = "chat-cluster-test-\(UUID().uuidString)"
        path = FileManager.default.temporaryDirectory.appendingPathComponent(name).path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        // Best effort: what is left in the temporary directory harms nobody.
        try? FileManager.default.removeItem(atPath: path)
    }
}
