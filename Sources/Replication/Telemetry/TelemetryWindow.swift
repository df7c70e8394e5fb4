import LogLine

/// The newest samples, and how far behind each replica was in each of them. Pure; what a sample costs does
/// not depend on how many are kept.
///
/// Two rings of `TelemetryLimits.samplesMax` places with one index: the samples, and for each replica a
/// series of lags, allocated when the replica is first seen. A replica that is in none of the kept samples
/// any more gives its series back. Beyond `TelemetryLimits.seriesMax` replicas no further series are begun.
public struct TelemetryWindow: Sendable {
    /// A replica in one sample.
    public struct Reading: Sendable {
        public let id: [UInt8]
        /// Lines that it lacks.
        public let lag: Int
        /// How long the first of them has been durable.
        public let lagTime: Duration

        public init(id: [UInt8], lag: Int, lagTime: Duration) {
            self.id = id
            self.lag = lag
            self.lagTime = lagTime
        }
    }

    /// One replica's lags; a place where it was not there holds `absent`.
    private struct Series: Sendable {
        static let absent = UInt32.max
        var lags: [UInt32]
        /// In tenths of milliseconds.
        var times: [UInt32]
        /// The number of the last sample that it is in.
        var lastSample = 0

        init(places: Int) {
            lags = Array(repeating: Series.absent, count: places)
            times = lags
        }

        mutating func set(_ reading: Reading, at place: Int, sample: Int) {
            lags[place] = Series.clamp(Double(reading.lag))
            times[place] = Series.clamp((reading.lagTime / .milliseconds(1) * 10).rounded())
            lastSample = sample
        }

        private static func clamp(_ value: Double) -> UInt32 {
            UInt32(min(max(0, value), Double(absent - 1)))
        }
    }

    private let capacity: Int
    private let seriesMax: Int
    private var samples: [TelemetrySample] = []
    private var series: [[UInt8]: Series] = [:]
    /// Samples taken since the beginning; the next one's place is its remainder.
    private var taken = 0

    public init(
        capacity: Int = TelemetryLimits.samplesMax, seriesMax: Int = TelemetryLimits.seriesMax
    ) {
        self.capacity = capacity
        self.seriesMax = seriesMax
        samples.reserveCapacity(capacity)
    }

    public var count: Int { samples.count }
    public var seriesCount: Int { series.count }
    public var newest: TelemetrySample? { taken == 0 ? nil : samples[(taken - 1) % capacity] }

    public mutating func add(_ sample: TelemetrySample, _ readings: some Sequence<Reading>) {
        let place = taken % capacity
        taken += 1
        if samples.count < capacity { samples.append(sample) } else { samples[place] = sample }
        for id in series.keys { series[id]?.lags[place] = Series.absent }
        for reading in readings {
            if series[reading.id] == nil {
                guard series.count < seriesMax else { continue }
                series[reading.id] = Series(places: capacity)
            }
            series[reading.id]?.set(reading, at: place, sample: taken)
        }
        series = series.filter { taken - $0.value.lastSample < capacity }
    }

    /// Appends the data of an event `window`: columns, oldest sample first, replicas sorted by id; a replica
    /// that was not there has `null`.
    public func encode(epoch: Epoch, into out: ByteBuffer) {
        let interval = UInt64(TelemetryLimits.sampleInterval / .milliseconds(1))
        out.append(utf8: "{\"epoch\":\"\(epoch)\",\"interval_ms\":\(interval)")
        column("time", out) { out.append(utf8: "\"\(samples[$0].time)\"") }
        column("offset", out) { out.append(decimal: samples[$0].offset.value) }
        column("rate", out) { out.append(decimal: samples[$0].linesPerSecond) }
        column("bytes_rate", out) { out.append(decimal: samples[$0].bytesPerSecond) }
        column("visible_p50_ms", out) { out.append(milliseconds: samples[$0].visible.median) }
        column("visible_p99_ms", out) { out.append(milliseconds: samples[$0].visible.percentile99) }
        out.append(",\"replicas\":[")
        for (index, id) in series.keys.sorted(by: { $0.lexicographicallyPrecedes($1) }).enumerated() {
            if index > 0 { out.append(",") }
            encode(id, into: out)
        }
        out.append("]}")
    }

    private func encode(_ id: [UInt8], into out: ByteBuffer) {
        guard let series = series[id] else { return }
        out.append("{\"id\":")
        out.appendJSONString(id)
        column("lag", out) { place in
            guard series.lags[place] != Series.absent else { return out.append("null") }
            out.append(decimal: UInt64(series.lags[place]))
        }
        column("lag_ms", out) { place in
            guard series.lags[place] != Series.absent else { return out.append("null") }
            out.append(thousandths: Double(series.times[place]) / 10)
        }
        out.append("}")
    }

    /// `,"name":[…]`; `value` is called with the place of each sample, oldest first.
    private func column(_ name: StaticString, _ out: ByteBuffer, _ value: (Int) -> Void) {
        out.append(",\"")
        out.append(name)
        out.append("\":[")
        for index in taken - samples.count..<taken {
            if index > taken - samples.count { out.append(",") }
            value(index % capacity)
        }
        out.append("]")
    }
}
