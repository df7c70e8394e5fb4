import CWebPage
import LogLine

/// A file of the chat's page, compiled into this binary.
struct PageFile {
    /// Relative to the page: `web/js/app.js`; empty for the page itself.
    let path: String
    let mediaType: String
    let content: ByteSlice
    /// Changes with the content: its checksum and its length, quoted as in an ETag field.
    let tag: String

    /// Every file of the folder `web`, in the order of Sources/CWebPage/page.c.
    static var all: [PageFile] {
        var count = 0
        let files = UnsafeBufferPointer(start: cwebpage_files(&count), count: count)
        return files.map(PageFile.init)
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
