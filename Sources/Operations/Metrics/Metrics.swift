/// The figures of one process, in Prometheus' text exposition format 0.0.4
/// (https://prometheus.io/docs/instrumenting/exposition_formats/).
///
/// Owned by the loop's thread, and so are the counters it gives out: an increment is an addition to a stored
/// number, without lock or atomic. Figures of other threads are brought in by a closure that reads them at
/// scrape time. Registering happens at start; a name that is malformed, taken with another type or taken with
/// the same labels is a programmer's error.
public final class Metrics {
    public typealias Labels = KeyValuePairs<String, String>

    /// The answer's Content-Type.
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    private var families: [MetricFamily] = []
    private var indexOfFamily: [String: Int] = [:]

    public init() {}

    /// Only ever grows; its name ends in `_total`.
    public func counter(_ name: String, _ help: String, labels: Labels = [:]) -> Counter {
        let counter = Counter()
        add(.counter, name, help, labels, .integer { counter.value })
        return counter
    }

    /// A counter kept elsewhere, read at scrape time.
    public func counter(_ name: String, _ help: String, labels: Labels = [:], read: @escaping () -> UInt64) {
        add(.counter, name, help, labels, .integer(read))
    }

    /// A counter that is no whole number (seconds), kept elsewhere, read at scrape time.
    public func counter(
        _ name: String, _ help: String, labels: Labels = [:], readSeconds: @escaping () -> Double
    ) {
        add(.counter, name, help, labels, .number(readSeconds))
    }

    /// Goes up and down; read at scrape time.
    public func gauge(_ name: String, _ help: String, labels: Labels = [:], read: @escaping () -> Double) {
        add(.gauge, name, help, labels, .number(read))
    }

    /// Goes up and down, one for each of what there is at the time; read at scrape time.
    /// - Parameter label: its name; `read` gives its values.
    public func gauges(
        _ name: String, _ help: String, label: String, read: @escaping () -> [(of: String, value: Double)]
    ) {
        precondition(MetricText.isName(label), "\(label) is not a label's name")
        add(
            .gauge, name, help, [:],
            .list {
                read().map { ("\(label)=\"\(MetricText.escapedLabel($0.of))\"", $0.value) }
            })
    }

    /// How values are distributed over fixed buckets.
    /// - Parameter bounds: ascending upper bounds, inclusive; `+Inf` is added.
    public func histogram(_ name: String, _ help: String, labels: Labels = [:], bounds: [Double]) -> Histogram
    {
        let histogram = Histogram(bounds: bounds)
        add(.histogram, name, help, labels, .histogram(histogram))
        return histogram
    }

    /// Appends the whole exposition.
    public func render(into out: inout [UInt8]) {
        for family in families { family.render(into: &out) }
    }

    private func add(
        _ type: MetricFamily.Kind, _ name: String, _ help: String, _ labels: Labels, _ source: MetricSource
    ) {
        let series = MetricSeries(labels: MetricText.labels(labels), source: source)
        guard let index = indexOfFamily[name] else {
            precondition(MetricText.isName(name), "\(name) is not a metric's name")
            precondition(
                type != .counter || name.hasSuffix("_total"), "the counter \(name) must end in _total")
            indexOfFamily[name] = families.count
            families.append(MetricFamily(name: name, help: help, type: type, series: [series]))
            return
        }
        precondition(families[index].type == type, "\(name) is registered with two types")
        precondition(
            !families[index].series.contains { $0.labels.utf8.elementsEqual(series.labels.utf8) },
            "\(name){\(series.labels)} is registered twice")
        families[index].series.append(series)
    }
}

/// A number that only grows (wrapping at 2^64). Owned by the loop's thread.
public final class Counter {
    @usableFromInline var stored: UInt64 = 0

    @inlinable public var value: UInt64 { stored }
    @inlinable public func increment() { stored &+= 1 }
    @inlinable public func increment(by amount: Int) { stored &+= UInt64(amount) }
}

/// Counts of values per bucket, their sum and number. Owned by the loop's thread; observing costs a search
/// among a few bounds.
public final class Histogram {
    let bounds: [Double]
    /// Of each bucket alone; the last is `+Inf`.
    private(set) var counts: [UInt64]
    private(set) var sum = 0.0

    /// From 50 µs to 10 s, for the time a request takes.
    public static let latencyBounds: [Double] = [
        0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1,
        2.5, 5, 10,
    ]

    init(bounds: [Double]) {
        let isAscending = zip(bounds, bounds.dropFirst()).allSatisfy { $0 < $1 }
        precondition(
            isAscending && bounds.allSatisfy(\.isFinite), "a histogram's bounds ascend and are finite")
        self.bounds = bounds
        counts = Array(repeating: 0, count: bounds.count + 1)
    }

    public func observe(_ value: Double) {
        var bucket = 0
        while bucket < bounds.count, value > bounds[bucket] { bucket += 1 }
        counts[bucket] &+= 1
        sum += value
    }

    /// In seconds.
    public func observe(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        observe(Double(seconds) + Double(attoseconds) * 1e-18)
    }
}
