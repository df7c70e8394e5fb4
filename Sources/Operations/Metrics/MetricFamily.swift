/// Where a series' value comes from.
enum MetricSource {
    case integer(() -> UInt64)
    case number(() -> Double)
    case histogram(Histogram)
    /// Each value with its labels, in the form of `MetricSeries.labels`.
    case list(() -> [(labels: String, value: Double)])
}

/// One combination of labels.
struct MetricSeries {
    /// `a="x",b="y"`, or empty.
    let labels: String
    let source: MetricSource
}

/// All series of one name.
struct MetricFamily {
    enum Kind: String {
        case counter
        case gauge
        case histogram
    }

    let name: String
    let help: String
    let type: Kind
    var series: [MetricSeries]

    func render(into out: inout [UInt8]) {
        out.append(contentsOf: "# HELP \(name) \(MetricText.escapedHelp(help))\n".utf8)
        out.append(contentsOf: "# TYPE \(name) \(type.rawValue)\n".utf8)
        for one in series {
            switch one.source {
            case .integer(let read): sample(name, one.labels, String(read()), into: &out)
            case .number(let read): sample(name, one.labels, MetricText.number(read()), into: &out)
            case .histogram(let histogram): render(histogram, one.labels, into: &out)
            case .list(let read):
                for (labels, value) in read() { sample(name, labels, MetricText.number(value), into: &out) }
            }
        }
    }

    private func render(_ histogram: Histogram, _ labels: String, into out: inout [UInt8]) {
        let prefix = labels.isEmpty ? "" : labels + ","
        var total: UInt64 = 0
        for (bound, count) in zip(histogram.bounds + [.infinity], histogram.counts) {
            total &+= count
            sample("\(name)_bucket", "\(prefix)le=\"\(MetricText.number(bound))\"", String(total), into: &out)
        }
        sample("\(name)_sum", labels, MetricText.number(histogram.sum), into: &out)
        sample("\(name)_count", labels, String(total), into: &out)
    }

    private func sample(_ name: String, _ labels: String, _ value: String, into out: inout [UInt8]) {
        out.append(contentsOf: name.utf8)
        if !labels.isEmpty { out.append(contentsOf: "{\(labels)}".utf8) }
        out.append(contentsOf: " \(value)\n".utf8)
    }
}

/// The texts of the exposition format.
enum MetricText {
    /// `[a-zA-Z_:][a-zA-Z0-9_:]*`
    static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, !Ascii.isDigit(first) else { return false }
        return text.utf8.allSatisfy {
            Ascii.isAlphanumeric($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: ":")
        }
    }

    /// `a="x",b="y"` with the values escaped. Precondition: the names are labels' names.
    static func labels(_ labels: Metrics.Labels) -> String {
        labels.map { name, value in
            precondition(isName(name) && !name.contains(":") && name != "le", "\(name) is not a label's name")
            return "\(name)=\"\(escapedLabel(value))\""
        }.joined(separator: ",")
    }

    static func escapedLabel(_ text: String) -> String {
        escaped(text) { $0 == "\"" ? "\\\"" : nil }
    }

    static func escapedHelp(_ text: String) -> String {
        escaped(text) { _ in nil }
    }

    /// Whole numbers without a fraction; infinity and NaN as Prometheus writes them.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
        if let whole = Int64(exactly: value) { return String(whole) }
        return value.description
    }

    private static func escaped(_ text: String, more: (Unicode.Scalar) -> String?) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            if scalar == "\\" {
                result += "\\\\"
            } else if scalar == "\n" {
                result += "\\n"
            } else if let replacement = more(scalar) {
                result += replacement
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
