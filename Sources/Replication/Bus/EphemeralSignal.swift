import LogLine

/// What pods tell each other over Redis and what is in no log: who writes where, and who is there.
///
/// | `type` | members |
/// |---|---|
/// | `typing` | `pod`, `channel`, `name` |
/// | `people` | `pod`, `sequence`, `online`, `away`, `left`? |
///
/// Valid if and only if: an object of at most `bytesMax` bytes with these members, and with a seal the right
/// `mac` as its last one; `pod` has 16 lowercase hexadecimal digits; in `people` there are at most
/// `peopleMax` names, in `left` at most `leftMax`, each of at most `nameBytesMax` bytes. Members that are not
/// known are passed over.
public struct EphemeralSignal: Equatable, Sendable {
    public enum Content: Equatable, Sendable {
        case typing(Channel, Author)
        case people(PeopleReport)
    }

    /// The accounts with a socket on one pod.
    public struct PeopleReport: Equatable, Sendable {
        /// Grows with every report of the pod.
        public let sequence: UInt64
        public let online: [[UInt8]]
        public let away: [[UInt8]]
        /// People who are on no pod any more, as this pod has seen them last.
        public var left: [Departure]

        public init(sequence: UInt64, online: [[UInt8]], away: [[UInt8]], left: [Departure] = []) {
            self.sequence = sequence
            self.online = online
            self.away = away
            self.left = left
        }
    }

    public struct Departure: Equatable, Sendable {
        public let name: [UInt8]
        /// Not before 1970.
        public let lastSeen: Timestamp

        public init(name: [UInt8], lastSeen: Timestamp) {
            self.name = name
            self.lastSeen = lastSeen
        }
    }

    /// Random, drawn by the pod at its start.
    public let pod: UInt64
    public let content: Content

    /// Of one report.
    public static let peopleMax = 5000
    /// The same, of those who left.
    public static let leftMax = 1000
    /// Of an account.
    static let nameBytesMax = 32

    public init(pod: UInt64, _ content: Content) {
        self.pod = pod
        self.content = content
    }
}

// MARK: - JSON

extension EphemeralSignal: BusObject {
    public static let kind = "signal"
    public static let bytesMax = 256 << 10

    public func encodePlain(into out: ByteBuffer) {
        out.append("{\"pod\":\"")
        out.append(hexadecimal: pod)
        switch content {
        case .typing(let channel, let name):
            out.append("\",\"type\":\"typing\",\"channel\":")
            out.appendJSONString(channel.bytes)
            out.append(",\"name\":")
            out.appendJSONString(name.bytes)
        case .people(let report):
            out.append("\",\"type\":\"people\",\"sequence\":")
            out.append(decimal: report.sequence)
            out.append(",\"online\":")
            EphemeralSignal.encode(report.online, into: out)
            out.append(",\"away\":")
            EphemeralSignal.encode(report.away, into: out)
            if !report.left.isEmpty { EphemeralSignal.encode(report.left, into: out) }
        }
        out.append("}")
    }

    /// `,"left":{"alice":MILLISECONDS}`
    private static func encode(_ left: [Departure], into out: ByteBuffer) {
        out.append(",\"left\":{")
        for (index, departure) in left.enumerated() {
            if index > 0 { out.append(",") }
            out.appendJSONString(departure.name)
            out.append(":")
            out.append(decimal: UInt64(max(0, departure.lastSeen.milliseconds)))
        }
        out.append("}")
    }

    private static func encode(_ names: [[UInt8]], into out: ByteBuffer) {
        out.append("[")
        for (index, name) in names.enumerated() {
            if index > 0 { out.append(",") }
            out.appendJSONString(name)
        }
        out.append("]")
    }

    public static func read(_ reader: inout JSONReader) throws(InvalidField) -> EphemeralSignal {
        var members = Members()
        try reader.beginObject(field: nil)
        while let name = try reader.nextKey() { try members.read(name, from: &reader) }
        return try members.signal()
    }

    /// What has been read so far.
    private struct Members {
        private var type: [UInt8]?
        private var pod: Epoch?
        private var channel: Channel?
        private var name: Author?
        private var sequence: UInt64?
        private var online: [[UInt8]]?
        private var away: [[UInt8]]?
        private var left = [Departure]()

        mutating func read(_ member: [UInt8], from reader: inout JSONReader) throws(InvalidField) {
            switch String(decoding: member, as: UTF8.self) {
            case "type": type = try reader.string(field: "type", bytesMax: 64)
            case "pod": pod = try reader.epoch()
            case "channel": channel = try Channel(validating: try reader.string(field: "channel"))
            case "name": name = try Author(validating: try reader.string(field: "name"))
            case "sequence": sequence = try reader.unsignedInteger(field: "sequence")
            case "online": online = try Members.names(&reader, field: "online")
            case "away": away = try Members.names(&reader, field: "away")
            case "left": left = try Members.departures(&reader)
            default: _ = try reader.skipValue(field: nil)
            }
        }

        private static func names(
            _ reader: inout JSONReader, field: String
        ) throws(InvalidField) -> [[UInt8]] {
            var names: [[UInt8]] = []
            try reader.beginArray(field: field)
            while try reader.nextElement(field: field) {
                guard names.count < peopleMax else {
                    throw InvalidField(field: field, detail: "\(field) has more than \(peopleMax) names")
                }
                names.append(try reader.string(field: field, bytesMax: nameBytesMax))
            }
            return names
        }

        private static func departures(_ reader: inout JSONReader) throws(InvalidField) -> [Departure] {
            var left = [Departure]()
            try reader.beginObject(field: "left")
            while let name = try reader.nextKey() {
                guard left.count < leftMax, name.count <= nameBytesMax else {
                    throw InvalidField(field: "left", detail: "left has too many names, or too long ones")
                }
                let milliseconds = try reader.unsignedInteger(
                    field: "left", max: UInt64(Timestamp.latest.milliseconds))
                left.append(Departure(name: name, lastSeen: Timestamp(milliseconds: Int64(milliseconds))))
            }
            return left
        }

        func signal() throws(InvalidField) -> EphemeralSignal {
            guard let pod, let type else { throw InvalidField(field: nil, detail: "pod or type is missing") }
            if type.elementsEqual("typing".utf8), let channel, let name {
                return EphemeralSignal(pod: pod.value, .typing(channel, name))
            }
            guard type.elementsEqual("people".utf8), let sequence, let online, let away,
                online.count + away.count <= peopleMax
            else {
                throw InvalidField(
                    field: nil, detail: "its type is not known, or its members are not the type's")
            }
            let report = PeopleReport(sequence: sequence, online: online, away: away, left: left)
            return EphemeralSignal(pod: pod.value, .people(report))
        }
    }
}
