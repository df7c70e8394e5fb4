/// Keeps the measured work from being optimised away. Guard: one thread.
nonisolated(unsafe) private var lastSum: UInt32 = 0

/// Prints the best of several rounds in nanoseconds: what `work` costs when nothing disturbs it. With an
/// argument on the command line, only what has it in its name is measured.
public func report(_ name: String, _ work: () -> UInt32) {
    if let part = CommandLine.arguments.dropFirst().first, !name.contains(part) { return }
    let clock = ContinuousClock()
    var calls = 1
    var best = Duration.seconds(1)
    var sum: UInt32 = 0
    for _ in 0..<20 {
        let took = clock.measure { for _ in 0..<calls { sum &+= work() } }
        let each = took / calls
        best = min(best, each)
        calls = max(1, Int(.milliseconds(10) / each))
    }
    let nanoseconds = Double(best.components.attoseconds) / 1e9
    lastSum = sum
    print("\(padded(name, 32))\(padded(rounded(nanoseconds), 12, right: true)) ns")
}

private func rounded(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }

private func padded(_ text: String, _ width: Int, right: Bool = false) -> String {
    let space = String(repeating: " ", count: max(0, width - text.count))
    return right ? space + text : text + space
}
