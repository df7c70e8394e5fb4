/// Strict readers of the numbers in settings: nothing but what the documentation shows is accepted.
public enum SettingNumber {
    /// Decimal digits only.
    public static func integer(_ text: some StringProtocol, in range: ClosedRange<Int>) -> Int? {
        guard isDigits(text), let value = Int(text), range.contains(value) else { return nil }
        return value
    }

    /// 0 to 65535.
    public static func port(_ text: some StringProtocol) -> UInt16? {
        integer(text, in: 0...65_535).map(UInt16.init)
    }

    /// `4096`, `64KiB`, `64MiB`, `1GiB`, `1TiB`.
    public static func bytes(_ text: String, in range: ClosedRange<Int>) -> Int? {
        let units: [(suffix: String, shift: Int)] = [("KiB", 10), ("MiB", 20), ("GiB", 30), ("TiB", 40)]
        let unit = units.first { text.hasSuffix($0.suffix) }
        let digits = text.dropLast(unit?.suffix.count ?? 0)
        guard let count = integer(digits, in: 0...Int.max) else { return nil }
        let (bytes, overflow) = count.multipliedReportingOverflow(by: 1 << (unit?.shift ?? 0))
        return !overflow && range.contains(bytes) ? bytes : nil
    }

    /// `250ms`, `5s`, `1m`, `1h`, `1d` (24 hours); a bare number is seconds. Up to 6 digits may stand
    /// behind a point.
    public static func duration(_ text: String, in range: ClosedRange<Duration>) -> Duration? {
        let units: [(suffix: String, microseconds: Int64)] = [
            ("ms", 1000), ("s", 1_000_000), ("m", 60_000_000), ("h", 3_600_000_000), ("d", 86_400_000_000),
            ("", 1_000_000),
        ]
        guard let unit = units.first(where: { text.hasSuffix($0.suffix) }),
            let microseconds = scaled(text.dropLast(unit.suffix.count), by: unit.microseconds)
        else { return nil }
        let duration = Duration.microseconds(microseconds)
        return range.contains(duration) ? duration : nil
    }

    /// `true`, `false`, `yes`, `no`, `on`, `off`, `1`, `0`.
    public static func boolean(_ text: String) -> Bool? {
        switch text {
        case "true", "yes", "on", "1": true
        case "false", "no", "off", "0": false
        default: nil
        }
    }

    /// `12.5` times `factor`, rounded down.
    private static func scaled(_ text: Substring, by factor: Int64) -> Int64? {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard isDigits(parts[0]), let whole = Int64(parts[0]) else { return nil }
        let (product, overflow) = whole.multipliedReportingOverflow(by: factor)
        guard !overflow else { return nil }
        guard parts.count == 2 else { return product }
        guard isDigits(parts[1]), parts[1].count <= 6,
            let fraction = Int64(parts[1] + String(repeating: "0", count: 6 - parts[1].count))
        else { return nil }
        let (sum, sumOverflow) = product.addingReportingOverflow(fraction * factor / 1_000_000)
        return sumOverflow ? nil : sum
    }

    private static func isDigits(_ text: some StringProtocol) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
    }
}
