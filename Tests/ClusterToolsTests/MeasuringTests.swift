import ClusterTools
import Testing

@Suite("Measurements")
struct MeasuringTests {
    @Test("are summed up with mean, deviation and percentiles by nearest rank")
    func summary() {
        let summary = SampleSummary((1...200).reversed().map(Double.init))
        #expect(summary.count == 200 && summary.mean == 100.5)
        #expect(summary.p50 == 100 && summary.p95 == 190 && summary.p99 == 198)
        #expect(summary.min == 1 && summary.max == 200)
        #expect(abs(summary.deviation - 57.734) < 0.001)
    }

    @Test("of one kind are all the same, and of none are nothing")
    func edges() {
        let one = SampleSummary([4])
        #expect([one.mean, one.min, one.p50, one.p95, one.p99, one.max] == [4, 4, 4, 4, 4, 4])
        #expect(one.deviation == 0)
        #expect(SampleSummary([]) == SampleSummary([]) && SampleSummary([]).count == 0)
        #expect(SampleSummary([]).p99 == 0)
    }

    @Test(
        "are written with so many digits",
        arguments: [
            (0.0, 2, "0.00", "0"), (1.005, 1, "1.0", "1"), (-2.26, 1, "-2.3", "-2.3"), (12.5, 0, "13", "13"),
            (0.0049, 3, "0.005", "0.005"), (-0.001, 2, "0.00", "0"),
            (1234567.5, 2, "1234567.50", "1234567.5"),
            (.infinity, 2, "-", "-"), (.nan, 2, "-", "-"), (100, 1, "100.0", "100"),
        ] as [(Double, Int, String, String)])
    func numbers(value: Double, digits: Int, text: String, short: String) {
        #expect(FixedPoint.text(value, digits: digits) == text)
        #expect(FixedPoint.short(value, digits: digits) == short)
    }

    private var table: ResultTable {
        var table = ResultTable(columns: ["mode", "replicas", "lag_ms"])
        table.add([.text("flat, \"plain\""), .integer(3), .number(0.25, digits: 3)])
        table.add([.text("tree"), .integer(100), .missing])
        return table
    }

    @Test("become CSV with quotes where they are needed")
    func csv() {
        #expect(
            table.csv == """
                mode,replicas,lag_ms
                "flat, ""plain\""",3,0.250
                tree,100,

                """)
    }

    @Test("become JSON, a row a line, with null for what is missing")
    func json() {
        #expect(
            table.json(about: [("machine", "2 \"cores\""), ("version", "1")]) == #"""
                {"about":{"machine":"2 \"cores\"","version":"1"},
                "rows":[
                {"mode":"flat, \"plain\"","replicas":3,"lag_ms":0.250},
                {"mode":"tree","replicas":100,"lag_ms":null}
                ]}

                """#)
    }

    @Test("stand below each other for people")
    func aligned() {
        let lines = table.aligned
        #expect(Set(lines.map(\.count)).count == 1 && lines.count == 3)
        #expect(lines[2].hasSuffix("tree       100       -"))
    }
}
