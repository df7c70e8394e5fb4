/// One axis of a plot: which values it shows, where they are and where it is marked.
public struct PlotAxis: Sendable {
    public enum Scale: Sendable {
        /// From zero on.
        case linear
        /// Equal factors are equally far apart. Only for values above zero.
        case logarithmic
    }

    /// With the unit.
    public let label: String
    let scale: Scale
    /// The values that are marked; nil: round ones.
    private let marks: [Double]?

    public init(_ label: String, _ scale: Scale = .linear, marks: [Double]? = nil) {
        self.label = label
        self.scale = scale
        self.marks = marks
    }

    /// With the range of the values that are to be shown.
    func fitted(to values: [Double]) -> FittedAxis {
        switch scale {
        case .linear:
            let step = PlotAxis.roundStep(covering: max(values.max() ?? 0, marks?.max() ?? 0), steps: 5)
            let top = max(values.max() ?? 0, marks?.max() ?? 0, step)
            let count = Int((top / step).rounded(.up))
            return FittedAxis(
                low: 0, high: marks == nil ? step * Double(count) : top, isLogarithmic: false,
                ticks: marks ?? (0...count).map { step * Double($0) })
        case .logarithmic:
            let positive = (values + (marks ?? [])).filter { $0 > 0 }
            let low = positive.min() ?? 1
            let high = max(positive.max() ?? 10, low * 1.01)
            return FittedAxis(
                low: low, high: high, isLogarithmic: true,
                ticks: marks ?? PlotAxis.decades(from: low, to: high))
        }
    }

    /// 1, 2 or 5 times a power of ten, so that about `steps` of them reach `top`.
    static func roundStep(covering top: Double, steps: Int) -> Double {
        guard top > 0, top.isFinite else { return 1 }
        let rough = top / Double(steps)
        var power = 1.0
        while power > rough { power /= 10 }
        while power * 10 <= rough { power *= 10 }
        return [1.0, 2, 5, 10].map { $0 * power }.first { $0 >= rough } ?? power * 10
    }

    private static func decades(from low: Double, to high: Double) -> [Double] {
        var power = 1.0
        while power > low { power /= 10 }
        while power * 10 <= low { power *= 10 }
        var ticks: [Double] = []
        while power <= high {
            ticks += [1.0, 2, 5].map { $0 * power }.filter { $0 >= low && $0 <= high }
            power *= 10
        }
        return ticks
    }
}

/// An axis with its range.
struct FittedAxis {
    let low: Double
    let high: Double
    let isLogarithmic: Bool
    let ticks: [Double]

    /// Where a value is: 0 at the low end, 1 at the high end.
    func place(of value: Double) -> Double {
        guard isLogarithmic else { return (value - low) / (high - low) }
        return FittedAxis.logarithm(max(value, low) / low) / FittedAxis.logarithm(high / low)
    }

    /// To the base 2, of a number of at least 1: the exponent, and the mantissa's bits by repeated squaring.
    private static func logarithm(_ value: Double) -> Double {
        var rest = value.significand
        var result = Double(value.exponent)
        var bit = 0.5
        for _ in 0..<30 {
            rest *= rest
            if rest >= 2 {
                rest /= 2
                result += bit
            }
            bit /= 2
        }
        return result
    }
}
