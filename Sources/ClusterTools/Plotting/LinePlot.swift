/// A plot of lines through measured points, as a small SVG (SVG 1.1, no script) that reads on light and dark
/// grounds alike: it has no background, and its colours are of middle brightness.
public struct LinePlot: Sendable {
    public struct Point: Sendable {
        public let x: Double
        public let y: Double
        /// How far the bar through the point reaches up and down; 0: there is none.
        public let spread: Double

        public init(x: Double, y: Double, spread: Double = 0) {
            self.x = x
            self.y = y
            self.spread = spread
        }
    }

    public struct Series: Sendable {
        public let name: String
        public let points: [Point]

        public init(_ name: String, _ points: [Point]) {
            self.name = name
            self.points = points
        }
    }

    public let title: String
    public let x: PlotAxis
    public let y: PlotAxis
    public let series: [Series]

    public init(title: String, x: PlotAxis, y: PlotAxis, series: [Series]) {
        self.title = title
        self.x = x
        self.y = y
        self.series = series
    }

    private static let width = 640.0
    private static let height = 380.0
    private static let left = 70.0
    private static let right = 620.0
    private static let top = 66.0
    private static let bottom = 320.0
    private static let colours = ["#1b9e77", "#d95f02", "#7570b3", "#e7298a", "#66a61e", "#a6761d"]
    private static let neutral = "#808890"

    public var svg: String {
        let points = series.flatMap(\.points)
        let frame = Frame(
            x: x.fitted(to: points.map(\.x)), y: y.fitted(to: points.map { $0.y + $0.spread }))
        var parts = [LinePlot.head, text(LinePlot.left, 22, title, "font-size=\"15\" font-weight=\"bold\"")]
        parts += frame.x.ticks.map { xTick($0, frame) }
        parts += frame.y.ticks.map { yTick($0, frame) }
        parts += labels
        for (index, series) in series.enumerated() { parts += draw(series, index, frame) }
        return parts.joined(separator: "\n") + "\n</svg>\n"
    }

    private struct Frame {
        let x: FittedAxis
        let y: FittedAxis

        func across(_ value: Double) -> Double {
            LinePlot.left + x.place(of: value) * (LinePlot.right - LinePlot.left)
        }

        func up(_ value: Double) -> Double {
            LinePlot.bottom - y.place(of: value) * (LinePlot.bottom - LinePlot.top)
        }
    }

    private static let head = """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 380" width="640" height="380" \
        font-family="sans-serif" font-size="12" fill="\(neutral)">
        """

    // MARK: Axes

    private func xTick(_ value: Double, _ frame: Frame) -> String {
        let place = frame.across(value)
        return line(place, LinePlot.bottom, place, LinePlot.bottom + 5, LinePlot.neutral)
            + text(place, LinePlot.bottom + 19, FixedPoint.short(value, digits: 4), "text-anchor=\"middle\"")
    }

    private func yTick(_ value: Double, _ frame: Frame) -> String {
        let place = frame.up(value)
        return line(LinePlot.left, place, LinePlot.right, place, LinePlot.neutral, "stroke-opacity=\"0.3\"")
            + text(LinePlot.left - 8, place + 4, FixedPoint.short(value, digits: 4), "text-anchor=\"end\"")
    }

    private var labels: [String] {
        let middle = (LinePlot.left + LinePlot.right) / 2
        let centre = (LinePlot.top + LinePlot.bottom) / 2
        return [
            text(middle, LinePlot.height - 14, x.label, "text-anchor=\"middle\""),
            text(
                16, centre, y.label,
                "text-anchor=\"middle\" transform=\"rotate(-90 16 \(LinePlot.number(centre)))\""),
        ]
    }

    // MARK: Series

    private func draw(_ series: Series, _ index: Int, _ frame: Frame) -> [String] {
        let colour = LinePlot.colours[index % LinePlot.colours.count]
        let places = series.points.map { (x: frame.across($0.x), y: frame.up($0.y)) }
        let path = places.map { "\(LinePlot.number($0.x)),\(LinePlot.number($0.y))" }.joined(separator: " ")
        let key = LinePlot.left + Double(index) * (LinePlot.right - LinePlot.left) / Double(self.series.count)
        return [
            "<polyline fill=\"none\" stroke=\"\(colour)\" stroke-width=\"2\" points=\"\(path)\"/>",
            series.points.filter { $0.spread > 0 }.map { bar($0, colour, frame) }.joined(),
            places.map { circle($0.x, $0.y, colour) }.joined(),
            circle(key + 5, 44, colour), text(key + 14, 48, series.name, "fill=\"\(colour)\""),
        ].filter { !$0.isEmpty }
    }

    private func bar(_ point: Point, _ colour: String, _ frame: Frame) -> String {
        let place = frame.across(point.x)
        let low = frame.up(max(point.y - point.spread, frame.y.low))
        return line(place, low, place, frame.up(point.y + point.spread), colour, "stroke-opacity=\"0.6\"")
    }

    // MARK: Elements

    private func circle(_ x: Double, _ y: Double, _ colour: String) -> String {
        "<circle cx=\"\(LinePlot.number(x))\" cy=\"\(LinePlot.number(y))\" r=\"3.5\" fill=\"\(colour)\"/>"
    }

    private func line(
        _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ colour: String, _ more: String = ""
    ) -> String {
        let ends = zip(["x1", "y1", "x2", "y2"], [x1, y1, x2, y2]).map { "\($0)=\"\(LinePlot.number($1))\"" }
        return "<line \(ends.joined(separator: " ")) stroke=\"\(colour)\"\(more.isEmpty ? "" : " ")\(more)/>"
    }

    private func text(_ x: Double, _ y: Double, _ content: String, _ more: String = "") -> String {
        "<text x=\"\(LinePlot.number(x))\" y=\"\(LinePlot.number(y))\"\(more.isEmpty ? "" : " ")\(more)>"
            + "\(LinePlot.escaped(content))</text>"
    }

    private static func number(_ value: Double) -> String { FixedPoint.short(value, digits: 1) }

    static func escaped(_ text: String) -> String {
        text.reduce(into: "") { result, character in
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            default: result.append(character)
            }
        }
    }
}
