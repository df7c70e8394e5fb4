import CWebPage
import LogLine

/// A file of a page, compiled into this binary.
struct PageFile {
    /// Relative to the service: `web/js/app.js`; empty for the chat's page, `telemetry` for the other one.
    let path: String
    let mediaType: String
    let content: ByteSlice
    /// Changes with the content: its checksum and its length, quoted as in an ETag field.
    let tag: String

    var isPage: Bool { mediaType.hasPrefix("text/html") }

    /// The chat's page, in the order of Sources/CWebPage/page.c.
    static var chat: [PageFile] { list(cwebpage_files) }

    /// The telemetry page, in the order of Sources/CWebPage/telemetry.c; some files are of both.
    static var telemetry: [PageFile] { list(cwebpage_telemetry_files) }

    private static func list(
        _ files: (UnsafeMutablePointer<Int>?) -> UnsafePointer<cwebpage_file>?
    ) -> [PageFile] {
        var count = 0
        let first = files(&count)
        return UnsafeBufferPointer(start: first, count: count).map(PageFile.init)
    }

    private init(_ file: cwebpage_file) {
        path = String(cString: file.path)
        mediaType = String(cString: file.type)
        let bytes = UnsafeRawBufferPointer(start: file.bytes, count: file.count)
        content = ByteSlice(bytes)
        let checksum = String(CRC32C.checksum(bytes), radix: 16)
        tag = "\"\(checksum)-\(String(file.count, radix: 16))\""
    }
}
