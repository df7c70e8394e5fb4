import Testing

@testable import Operations

@Suite("Metrics")
struct MetricsTests {
    @Test("The exposition has help, type and samples of every kind")
    func golden() {
        let metrics = Metrics()
        let appends = metrics.counter("log_appends_total", "Lines appended.")
        let refused = metrics.counter("log_refused_total", "Drafts refused.", labels: ["reason": "too_large"])
        metrics.counter("log_refused_total", "Drafts refused.", labels: ["reason": "other"], read: { 7 })
        metrics.gauge("log_head", "Highest offset.", read: { 42 })
        let latency = metrics.histogram("log_sync_seconds", "Time of a sync.", bounds: [0.001, 0.5])
        appends.increment()
        appends.increment(by: 4)
        refused.increment()
        latency.observe(0.001)
        latency.observe(Duration.milliseconds(250))
        latency.observe(2)
        #expect(
            text(metrics) == """
                # HELP log_appends_total Lines appended.
                # TYPE log_appends_total counter
                log_appends_total 5
                # HELP log_refused_total Drafts refused.
                # TYPE log_refused_total counter
                log_refused_total{reason="too_large"} 1
                log_refused_total{reason="other"} 7
                # HELP log_head Highest offset.
                # TYPE log_head gauge
                log_head 42
                # HELP log_sync_seconds Time of a sync.
                # TYPE log_sync_seconds histogram
                log_sync_seconds_bucket{le="0.001"} 1
                log_sync_seconds_bucket{le="0.5"} 2
                log_sync_seconds_bucket{le="+Inf"} 3
                log_sync_seconds_sum 2.251
                log_sync_seconds_count 3

                """)
    }

    @Test("Labels' values and help texts are escaped")
    func escaping() {
        let metrics = Metrics()
        metrics.gauge("a", "one\\\ntwo \"x\"", labels: ["l": "q\"b\\n\nü"], read: { 0.5 })
        #expect(text(metrics).contains("# HELP a one\\\\\\ntwo \"x\"\n"))
        #expect(text(metrics).contains("a{l=\"q\\\"b\\\\n\\nü\"} 0.5\n"))
    }

    @Test("A histogram's own labels stand before its bounds")
    func histogramLabels() {
        let metrics = Metrics()
        let histogram = metrics.histogram("h", "x", labels: ["route": "/log"], bounds: [1])
        histogram.observe(1)
        #expect(text(metrics).contains("h_bucket{route=\"/log\",le=\"1\"} 1\n"))
        #expect(text(metrics).contains("h_sum{route=\"/log\"} 1\nh_count{route=\"/log\"} 1\n"))
    }

    @Test("Numbers are written as Prometheus reads them")
    func numbers() {
        #expect(MetricText.number(0) == "0" && MetricText.number(-3) == "-3")
        #expect(MetricText.number(1e18) == "1000000000000000000")
        #expect(MetricText.number(.infinity) == "+Inf" && MetricText.number(-.infinity) == "-Inf")
        #expect(MetricText.number(.nan) == "NaN" && MetricText.number(0.000_05) == "5e-05")
    }

    @Test("Names are checked")
    func names() {
        #expect(MetricText.isName("chat_lines_total") && MetricText.isName("_a:b"))
        #expect(!MetricText.isName("") && !MetricText.isName("1a") && !MetricText.isName("a-b"))
    }

    @Test("A name cannot be registered with two types")
    func conflictingType() async {
        await #expect(processExitsWith: .failure) {
            let metrics = Metrics()
            metrics.gauge("a_total", "x", read: { 0 })
            _ = metrics.counter("a_total", "x")
        }
    }

    @Test("The same labels cannot be registered twice")
    func duplicate() async {
        await #expect(processExitsWith: .failure) {
            let metrics = Metrics()
            metrics.gauge("a", "x", labels: ["l": "1"], read: { 0 })
            metrics.gauge("a", "x", labels: ["l": "1"], read: { 0 })
        }
    }

    @Test("The process' own figures are there")
    func process() throws {
        let metrics = Metrics()
        ProcessMetrics.register(in: metrics)
        let lines = text(metrics).split(separator: "\n").filter { !$0.hasPrefix("#") }
        let values = lines.compactMap { Double($0.split(separator: " ")[1]) }
        #expect(
            lines.map { $0.split(separator: " ")[0] } == [
                "process_cpu_seconds_total", "process_resident_memory_bytes", "process_open_fds",
                "process_max_fds", "chat_lost_diagnostic_lines_total",
            ])
        #expect(values.count == 5 && values.prefix(4).allSatisfy { $0 > 0 })
    }

    private func text(_ metrics: Metrics) -> String {
        var out: [UInt8] = []
        metrics.render(into: &out)
        return String(decoding: out, as: UTF8.self)
    }
}
