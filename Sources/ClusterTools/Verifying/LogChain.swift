import LogLine

/// A history as it is read line by line from its beginning: whether each line continues the one before it,
/// and the digests at every so many lines, by which histories are compared.
public struct LogChain: Sendable {
    public struct Place: Sendable, Equatable {
        public let offset: Offset
        public let digest: Digest
    }

    /// A line that is none, or not the next one.
    public struct Break: Error, Equatable, Sendable {
        /// Of the line that should stand there.
        public let offset: Offset
        public let detail: String
    }

    /// How many lines lie between two places at most.
    public static let interval: UInt64 = 256

    /// Ascending; the last one is `through`, once it has been read.
    public private(set) var places: [Place] = []
    /// Of the last line that was taken.
    public private(set) var offset = Offset.zero
    public private(set) var digest = Digest.zero
    /// Up to where places are made.
    public var end: Offset { through }
    private let through: Offset

    /// - Parameter through: up to where histories are to be compared; what is read behind it makes no places.
    public init(through: Offset) {
        self.through = through
        if through == .zero { places.append(Place(offset: .zero, digest: .zero)) }
    }

    /// Takes the next line in, without its newline.
    public mutating func take(_ line: UnsafeRawBufferPointer) throws(Break) -> LineScan {
        let scan = try scan(line)
        guard scan.offset == offset.next else {
            throw Break(offset: offset.next, detail: "the offset there is \(scan.offset)")
        }
        offset = scan.offset
        digest = digest.adding(crc: scan.crc)
        if offset <= through, offset.value % LogChain.interval == 0 || offset == through {
            places.append(Place(offset: offset, digest: digest))
        }
        return scan
    }

    private func scan(_ line: UnsafeRawBufferPointer) throws(Break) -> LineScan {
        do throws(LineError) { return try Line.scan(line) } catch {
            throw Break(offset: offset.next, detail: error.detail)
        }
    }

    /// Between which offsets (the first exclusive) lies what makes the place of that index differ, when the
    /// one before it does not.
    public func stretch(before place: Int) -> (after: Offset, through: Offset) {
        (place == 0 ? .zero : places[place - 1].offset, places[place].offset)
    }

    /// Where this history, read from its beginning and not further than the other one, first differs from it;
    /// nil: as far as it was read it does not.
    public func firstDifference(from other: LogChain) -> Int? {
        zip(places, other.places).enumerated().first { $0.element.0 != $0.element.1 }?.offset
    }
}
