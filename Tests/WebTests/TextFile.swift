import EventLoop
import Glibc

/// A file without a name.
final class TextFile {
    let descriptor: Int32

    init(_ text: String) throws {
        var name = Array("/tmp/chat-cluster-test-XXXXXX".utf8CString)
        descriptor = mkstemp(&name)
        unlink(name)
        guard write(descriptor, text, text.utf8.count) == text.utf8.count else {
            throw SocketError(.other, "write: errno \(errno)")
        }
    }

    deinit { close(descriptor) }
}
