import LogLine
import Replication

extension ScrubReport {
    /// Appends `"scrub":{"passes":N,"damaged":[{"file","byte","offset","detail"}]},`. Files are told without
    /// their directory: whoever may read `/state` need not know where the log is kept.
    func encodeMember(into buffer: ByteBuffer) {
        buffer.append(utf8: "\"scrub\":{\"passes\":\(passes),\"damaged\":[")
        for (index, damage) in damages.enumerated() {
            if index > 0 { buffer.append(UInt8(ascii: ",")) }
            let name = damage.file.split(separator: "/").last.map(String.init) ?? ""
            buffer.append("{\"file\":")
            buffer.appendJSONString(Array(name.utf8))
            buffer.append(utf8: ",\"byte\":\(damage.byte),\"offset\":\(damage.offset),\"detail\":")
            buffer.appendJSONString(Array(damage.detail.utf8))
            buffer.append("}")
        }
        buffer.append("]},")
    }
}
