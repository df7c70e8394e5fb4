import Testing

@testable import ClusterTools

@Suite("A plot")
struct PlotTests {
    @Test(
        "marks an axis at round values that reach its highest one",
        arguments: [
            (0.9, [0, 0.2, 0.4, 0.6, 0.8, 1.0]), (7, [0, 2, 4, 6, 8]), (100, [0, 20, 40, 60, 80, 100]),
            (1234, [0, 500, 1000, 1500]), (0, [0, 1]),
        ] as [(Double, [Double])])
    func ticks(top: Double, ticks: [Double]) {
        let axis = PlotAxis("y").fitted(to: [0, top])
        #expect(axis.ticks.count == ticks.count)
        for (tick, wanted) in zip(axis.ticks, ticks) { #expect(abs(tick - wanted) < 1e-9) }
        #expect(axis.high >= top && axis.place(of: axis.high) == 1 && axis.place(of: 0) == 0)
    }

    @Test("on a logarithmic axis puts equal factors equally far apart")
    func logarithmic() {
        let axis = PlotAxis("x", .logarithmic, marks: [1, 10, 100]).fitted(to: [1, 100])
        #expect(axis.ticks == [1, 10, 100])
        #expect(abs(axis.place(of: 10) - 0.5) < 1e-6)
        #expect(axis.place(of: 1) == 0 && abs(axis.place(of: 100) - 1) < 1e-6)
        #expect(abs(axis.place(of: 3) - 0.238_561) < 1e-5)
        #expect(PlotAxis("x", .logarithmic).fitted(to: [3, 300]).ticks == [5, 10, 20, 50, 100, 200])
    }

    private func plot(_ points: [LinePlot.Point], name: String = "a & <b>") -> String {
        LinePlot(
            title: "Title", x: PlotAxis("replicas"), y: PlotAxis("lag in ms"),
            series: [LinePlot.Series(name, points), LinePlot.Series("other", [])]
        ).svg
    }

    @Test("is one SVG with title, axes, labels, legend, points and bars, and no background")
    func whole() {
        let svg = plot([
            LinePlot.Point(x: 0, y: 1), LinePlot.Point(x: 10, y: 5, spread: 2),
        ])
        #expect(svg.hasPrefix("<svg xmlns=") && svg.hasSuffix("</svg>\n"))
        for part in ["Title", "replicas", "lag in ms", "a &amp; &lt;b&gt;", "other"] {
            #expect(svg.contains(">\(part)</text>"), "\(part)")
        }
        #expect(svg.contains("points=\"70,288.3 620,161.3\""), "\(svg)")
        #expect(!svg.contains("<rect") && !svg.contains("script"))
    }

    @Test("of nothing, of one point and of what cannot be measured is drawn all the same")
    func edges() {
        #expect(plot([]).contains("</svg>"))
        #expect(plot([LinePlot.Point(x: 0, y: 0)]).contains("<circle"))
        #expect(!plot([LinePlot.Point(x: 5, y: 5)]).contains("nan"))
    }
}
