import LogLine
import Replication
import Threads

/// A small file beside a log, replaced as a whole: a crash leaves the old content or the new one.
public struct SideFile: Sendable {
    private let directory: LogDirectory
    private let path: String
    private let bytesMax: Int

    /// - Parameter name: of the file in the log's directory.
    /// - Parameter bytesMax: what is read of it at most.
    public init(_ name: String, in dataDirectory: String, bytesMax: Int) {
        directory = LogDirectory(dataDirectory, files: SystemFiles())
        path = "\(directory.path)/\(name)"
        self.bytesMax = bytesMax
    }

    /// Nil when there is none.
    public func read() throws(LogError) -> [UInt8]? { try directory.contents(path, bytesMax: bytesMax) }

    /// Calls `completion`, on a thread that was made for it, when the content is durable or has failed to be.
    /// One at a time: who calls waits for the one before.
    public func replace(with bytes: [UInt8], completion: @escaping @Sendable (LogError?) -> Void) {
        OwnedThread.start(name: "side file") {
            do throws(LogError) {
                try directory.replace(path, with: bytes)
                completion(nil)
            } catch {
                completion(error)
            }
        }
    }
}
