import Operations

/// A subcommand's words: options, and what is left.
struct Arguments: Sendable {
    struct Option: Sendable {
        let name: String
        /// What its value is called; nil: it has none.
        let value: String?
        let summary: String
    }

    let positional: [String]
    private let values: [String: String]

    /// `--name value`, `--name=value`; everything behind `--` is positional.
    init(_ words: [String], options: [Option]) throws(ChatControl.Failure) {
        var positional = [String]()
        var values = [String: String]()
        var rest = words[...]
        while let word = rest.popFirst() {
            if word == "--" {
                positional += rest
                break
            }
            guard word.hasPrefix("--") else {
                positional.append(word)
                continue
            }
            let parts = word.dropFirst(2).split(
                separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let option = options.first(where: { $0.name == parts[0] }) else {
                throw ChatControl.Failure("there is no option \(word)", code: .badSettings)
            }
            values[option.name] = try Arguments.value(of: option, parts.dropFirst().first, &rest)
        }
        self.positional = positional
        self.values = values
    }

    private static func value(
        of option: Option, _ attached: Substring?, _ rest: inout ArraySlice<String>
    ) throws(ChatControl.Failure) -> String {
        guard let name = option.value else {
            guard attached == nil else {
                throw ChatControl.Failure("--\(option.name) takes no value", code: .badSettings)
            }
            return ""
        }
        guard let value = attached.map(String.init) ?? rest.popFirst() else {
            throw ChatControl.Failure("--\(option.name) wants \(name)", code: .badSettings)
        }
        return value
    }

    subscript(name: String) -> String? { values[name] }

    func has(_ name: String) -> Bool { values[name] != nil }

    /// A whole number within `range`, or `fallback` when the option is not given.
    func integer(_ name: String, in range: ClosedRange<Int>, default fallback: Int) throws(ChatControl
        .Failure) -> Int
    {
        guard let text = values[name] else { return fallback }
        guard let number = Int(text), range.contains(number) else {
            throw ChatControl.Failure(
                "--\(name) is '\(text)'; it takes \(range.lowerBound) to \(range.upperBound)",
                code: .badSettings)
        }
        return number
    }

    /// A time within `range`, or `fallback` when the option is not given.
    func duration(
        _ name: String, in range: ClosedRange<Duration>, default fallback: Duration
    ) throws(ChatControl.Failure) -> Duration {
        guard let text = values[name] else { return fallback }
        guard let duration = SettingNumber.duration(text, in: range) else {
            throw ChatControl.Failure(
                "--\(name) is '\(text)'; it takes a time like 250ms, 5s or 1m, \(range.lowerBound) to "
                    + "\(range.upperBound)", code: .badSettings)
        }
        return duration
    }

    /// Precondition for a command: so many positional words, named for the message.
    func require(_ names: String...) throws(ChatControl.Failure) {
        guard positional.count == names.count else {
            let wanted = names.isEmpty ? "no words" : names.joined(separator: " and ")
            throw ChatControl.Failure(
                "takes \(wanted), not \(positional.count) words", code: .badSettings)
        }
    }
}
