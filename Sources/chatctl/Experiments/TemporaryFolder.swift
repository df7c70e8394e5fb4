import Glibc
import Operations

/// A folder that is made for one run and taken away with all that is in it.
struct TemporaryFolder {
    let path: String

    /// Under TMPDIR, or /tmp.
    init() throws(ChatControl.Failure) {
        let parent =
            ProcessEnvironment.variables()["TMPDIR"].flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp"
        var template = Array("\(parent)/chat-cluster-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw ChatControl.Failure(
                "cannot make a folder in \(parent): \(String(cString: strerror(errno)))")
        }
        path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Best effort: what is left in the temporary folder harms nobody.
    func remove() { TemporaryFolder.remove(path) }

    /// Follows no links.
    private static func remove(_ path: String) {
        guard unlink(path) != 0 else { return }
        if let directory = opendir(path) {
            while let entry = readdir(directory) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) { name in
                    name.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                if name != ".", name != ".." { remove("\(path)/\(name)") }
            }
            closedir(directory)
        }
        rmdir(path)
    }
}
