import LogLine

/// What the cluster has been told to do, by lines: they outrank the services' environment, on every service,
/// and survive every restart.
///
/// `{"offset":…,"channel":"$cluster","kind":"setting","key":"setting:write-quorum",
/// "data":{"write_quorum":"majority"},…}`. The newest one counts. A line of another shape is passed over.
public struct ClusterSettings: Sendable {
    public static let channel: StaticString = "$cluster"
    public static let kind: StaticString = "setting"
    public static let writeQuorumKey = "setting:write-quorum"
    static let valueBytesMax = 64

    /// What a write asks for that names nothing; nil: no line has said.
    public private(set) var writeQuorum: String?

    public init() {}

    /// Takes in a line, without its newline.
    @inlinable
    public mutating func apply(_ line: UnsafeRawBufferPointer, _ scan: LineScan) {
        guard !scan.isMessage, Line.isIn(ClusterSettings.channel, line) else { return }
        take(line, scan)
    }

    @usableFromInline
    mutating func take(_ line: UnsafeRawBufferPointer, _ scan: LineScan) {
        // What was applied is whole; a line of another shape says nothing to us.
        guard let fields = try? Line.fields(of: line, scan), let kind = fields.kind, let key = fields.key,
            let data = fields.data, line[kind].elementsEqual(ClusterSettings.kind.description.utf8),
            line[key].elementsEqual(ClusterSettings.writeQuorumKey.utf8),
            let value = ClusterSettings.value(UnsafeRawBufferPointer(rebasing: line[data]))
        else { return }
        writeQuorum = value
    }

    /// The data of a line that sets the default: `{"write_quorum":"majority"}`.
    public static func data(writeQuorum: String) -> [UInt8] {
        Array("{\"write_quorum\":\"\(writeQuorum)\"}".utf8)
    }

    private static func value(_ json: UnsafeRawBufferPointer) -> String? {
        var reader = JSONReader(json)
        var found: [UInt8]?
        do throws(InvalidField) {
            try reader.beginObject(field: nil)
            while let name = try reader.nextKey() {
                if name.elementsEqual("write_quorum".utf8) {
                    found = try reader.string(field: nil, bytesMax: valueBytesMax)
                } else {
                    _ = try reader.skipValue(field: nil)
                }
            }
        } catch {
            return nil
        }
        return found.map { String(decoding: $0, as: UTF8.self) }
    }
}
