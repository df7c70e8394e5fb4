import LogLine

/// A number that the log gives to each heartbeat, so that a later one can be told from a repeated one:
/// `"run":"<16 hexadecimal digits>","beat":N`.
public struct Beat: Hashable, Sendable {
    /// Random, drawn by the log at its start.
    public let run: UInt64
    /// Grows with every heartbeat of the run: milliseconds since its start, or one more than the last one.
    public let count: UInt64

    public init(run: UInt64, count: UInt64) {
        self.run = run
        self.count = count
    }

    /// Appends both members, with a comma before each.
    func encodeMembers(into out: ByteBuffer) {
        out.append(",\"run\":\"")
        out.append(hexadecimal: run)
        out.append("\",\"beat\":")
        out.append(decimal: count)
    }
}

/// The members of a `Beat` while they are being read among others.
struct BeatMembers {
    private var run: UInt64?
    private var count: UInt64?

    /// Reads the value of `name` if it is one of the two; false: it is not, and nothing was read.
    mutating func read(_ name: [UInt8], from reader: inout JSONReader) throws(InvalidField) -> Bool {
        if name.elementsEqual("run".utf8) {
            run = try reader.epoch(field: "run").value
        } else if name.elementsEqual("beat".utf8) {
            count = try reader.unsignedInteger(field: "beat")
        } else {
            return false
        }
        return true
    }

    /// Nil unless both were there.
    var beat: Beat? {
        guard let run, let count else { return nil }
        return Beat(run: run, count: count)
    }
}

/// The log's count of its heartbeats. Pure: times are durations since any fixed moment, and never go back.
public struct Beats: Sendable {
    private let run: UInt64
    private let start: Duration
    private var last: UInt64 = 0

    public init(run: UInt64, at now: Duration) {
        self.run = run
        start = now
    }

    /// For the next heartbeat.
    public mutating func next(at now: Duration) -> Beat {
        last = max(last + 1, milliseconds(now))
        return Beat(run: run, count: last)
    }

    /// How long ago, at least, a beat was given; nil: never, by this run.
    public func age(of beat: Beat, at now: Duration) -> Duration? {
        guard beat.run == run, beat.count <= last else { return nil }
        let passed = milliseconds(now)
        return .milliseconds(passed - min(passed, beat.count))
    }

    private func milliseconds(_ now: Duration) -> UInt64 { UInt64(max(0, (now - start) / .milliseconds(1))) }
}

/// The heartbeats that somebody has heard. Pure.
///
/// Invariant: of the newest `runsMax` runs no beat is news twice, nor one after a later one; so a heartbeat
/// goes over each edge between pods once at most, and none goes in a circle, however slowly.
public struct HeardBeats: Sendable {
    /// A pod sees another run whenever its log restarts.
    static let runsMax = 16

    /// The runs in the order in which they were first heard of, and the last beat of each that was news.
    private var runs: [Beat] = []
    /// The last one that was news.
    public private(set) var newest: Beat?

    public init() {}

    /// Whether a heartbeat says anything that one before it did not: its own log is alive since. One without
    /// a beat is of an older log, and is believed.
    public mutating func isNews(_ beat: Beat?) -> Bool {
        guard let beat else { return true }
        if let index = runs.firstIndex(where: { $0.run == beat.run }) {
            guard beat.count > runs[index].count else { return false }
            runs[index] = beat
        } else {
            if runs.count == HeardBeats.runsMax { runs.removeFirst() }
            runs.append(beat)
        }
        newest = beat
        return true
    }

    /// The log itself says that it has come so far: what claimed more was wrong.
    public mutating func correct(to beat: Beat) {
        guard let index = runs.firstIndex(where: { $0.run == beat.run }), runs[index].count > beat.count
        else {
            return
        }
        runs[index] = beat
    }
}
