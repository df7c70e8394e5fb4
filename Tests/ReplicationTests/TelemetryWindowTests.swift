import LogLine
import Testing

@testable import Replication

@Suite("The samples that the log keeps")
struct TelemetryWindowTests {
    private let epoch = Epoch(0x0123_4567_89ab_cdef)

    private func sample(_ second: Int, lag: LagSummary = LagSummary()) -> TelemetrySample {
        TelemetrySample(
            time: Timestamp(milliseconds: 1_763_620_260_000 + Int64(second) * 1000),
            offset: Offset(UInt64(second) * 10), linesPerSecond: 10, bytesPerSecond: 2000, lag: lag,
            visible: TelemetrySample.Visible(median: .microseconds(1500), percentile99: nil, slowest: nil))
    }

    private func reading(_ id: String, _ lag: Int, _ time: Duration = .zero) -> TelemetryWindow.Reading {
        TelemetryWindow.Reading(id: Array(id.utf8), lag: lag, lagTime: time)
    }

    private func text(_ window: TelemetryWindow) -> String {
        let out = ByteBuffer()
        window.encode(epoch: epoch, into: out)
        return out.text
    }

    @Test("An empty window has empty columns")
    func empty() {
        #expect(
            text(TelemetryWindow()) == """
                {"epoch":"0123456789abcdef","interval_ms":1000,"time":[],"offset":[],"rate":[],\
                "bytes_rate":[],"visible_p50_ms":[],"visible_p99_ms":[],"replicas":[]}
                """)
    }

    @Test("A window is told in columns, oldest first, with null where a replica was not there")
    func columns() {
        var window = TelemetryWindow()
        window.add(sample(1), [reading("b", 7, .microseconds(1234))])
        window.add(sample(2), [reading("b", 0), reading("a", 3, .seconds(2))])
        #expect(
            text(window) == """
                {"epoch":"0123456789abcdef","interval_ms":1000,\
                "time":["2025-11-20T06:31:01.000Z","2025-11-20T06:31:02.000Z"],"offset":[10,20],\
                "rate":[10,10],"bytes_rate":[2000,2000],"visible_p50_ms":[1.5,1.5],\
                "visible_p99_ms":[null,null],"replicas":[\
                {"id":"a","lag":[null,3],"lag_ms":[null,2000]},{"id":"b","lag":[7,0],"lag_ms":[1.2,0]}]}
                """)
    }

    @Test("A full window forgets its oldest sample for each new one")
    func full() {
        var window = TelemetryWindow(capacity: 3, seriesMax: 2)
        for second in 1...5 { window.add(sample(second), [reading("a", second)]) }
        #expect(window.count == 3)
        #expect(window.newest?.offset == Offset(50))
        #expect(text(window).contains("\"offset\":[30,40,50]"))
        #expect(text(window).contains("{\"id\":\"a\",\"lag\":[3,4,5],"))
    }

    @Test("A replica that is gone leaves with its last sample, and its place is free")
    func gone() {
        var window = TelemetryWindow(capacity: 3, seriesMax: 1)
        window.add(sample(1), [reading("old", 1)])
        // While it has the only place, another one is passed over
        window.add(sample(2), [reading("new", 2)])
        #expect(text(window).contains("{\"id\":\"old\",\"lag\":[1,null],"))
        window.add(sample(3), [reading("new", 3)])
        #expect(window.seriesCount == 1)
        // When no kept sample has it any more
        window.add(sample(4), [reading("new", 4)])
        window.add(sample(5), [reading("new", 5)])
        // Then the other one has it
        #expect(text(window).contains("\"replicas\":[{\"id\":\"new\",\"lag\":[null,null,5],"))
    }

    @Test("Lags beyond what a place can hold are told as the greatest that it can")
    func clamped() {
        var window = TelemetryWindow(capacity: 1)
        window.add(sample(1), [reading("a", .max, .seconds(1_000_000_000))])
        #expect(text(window).contains("\"lag\":[4294967294],\"lag_ms\":[429496729.4]"))
    }

    @Test("A sample is one object with what is known of the moment")
    func sample() {
        var lag = LagSummary()
        for value in [2, 4, 4, 4, 5, 5, 7, 9] { lag.add(value) }
        var sample = sample(1, lag: lag)
        sample.visible.slowest = Array("pod \"1\"".utf8)
        let out = ByteBuffer()
        sample.encode(epoch: epoch, into: out) { $0.append("[1]") }
        #expect(
            out.text == """
                {"time":"2025-11-20T06:31:01.000Z","epoch":"0123456789abcdef","offset":10,"rate":10,\
                "bytes_rate":2000,"lag":{"mean":5,"deviation":2,"max":9},\
                "visible":{"p50_ms":1.5,"p99_ms":null,"slowest":"pod \\"1\\""},"replicas":[1]}
                """)
    }

    @Test("Numbers have three digits behind the point at most, and no zeros at the end")
    func numbers() {
        let written = [0, 0.0004, 0.001, 0.05, 1.5, 12.345_6, 999.999_9, 1_000_000].map { value in
            let out = ByteBuffer()
            out.append(thousandths: value)
            return out.text
        }
        #expect(written == ["0", "0", "0.001", "0.05", "1.5", "12.346", "1000", "1000000"])
    }

    @Test("The deviation of a few large lags is exact")
    func deviation() {
        var lag = LagSummary()
        for value in [1_000_000_000_000, 1_000_000_000_002] { lag.add(value) }
        #expect(lag.mean == 1_000_000_000_001)
        #expect(lag.deviation == 1)
        #expect(LagSummary().deviation == 0)
    }
}
