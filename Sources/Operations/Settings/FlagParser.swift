/// Splits a process' arguments into flags and positionals: `--name value`, `--name=value`, for switches
/// `--name`; `--` ends the flags.
enum FlagParser {
    struct Result {
        /// By the setting's name.
        var values: [String: String] = [:]
        var positionals: [String] = []
    }

    static func parse(
        _ arguments: [String], table: [SettingDescription], positionalsMax: Int
    ) throws(SettingsError) -> Result {
        var result = Result()
        var rest = arguments[...]
        var flagsEnded = false
        while let argument = rest.popFirst() {
            if !flagsEnded, argument == "--" {
                flagsEnded = true
            } else if !flagsEnded, argument.hasPrefix("--") {
                try take(argument, rest: &rest, table: table, into: &result)
            } else {
                try take(positional: argument, positionalsMax: positionalsMax, into: &result)
            }
        }
        return result
    }

    private static func take(
        _ argument: String, rest: inout ArraySlice<String>, table: [SettingDescription],
        into result: inout Result
    ) throws(SettingsError) {
        let (flag, value) = Assignment.split(argument)
        guard let setting = table.first(where: { $0.flag == flag }) else {
            throw SettingsError(.unknownFlag, name: flag, unknown(flag, table: table))
        }
        guard result.values[setting.name] == nil else {
            throw SettingsError(.repeatedFlag, name: flag, "\(flag) is given twice")
        }
        if let value {
            result.values[setting.name] = value
        } else if setting.isSwitch {
            result.values[setting.name] = "true"
        } else if let value = rest.popFirst() {
            result.values[setting.name] = value
        } else {
            throw SettingsError(
                .missingValue, name: flag, "\(flag) needs a value: \(setting.expects)")
        }
    }

    private static func take(
        positional argument: String, positionalsMax: Int, into result: inout Result
    ) throws(SettingsError) {
        guard result.positionals.count < positionalsMax else {
            throw SettingsError(
                .unexpectedArgument, name: argument,
                "unexpected argument \(Quoted.text(argument)); see --help")
        }
        result.positionals.append(argument)
    }

    private static func unknown(_ flag: String, table: [SettingDescription]) -> String {
        let known = table.map(\.flag) + ["--help", "--version"]
        let nearest = known.map { (name: $0, distance: EditDistance.between(flag, $0)) }
            .min { $0.distance < $1.distance }
        guard let nearest, nearest.distance <= EditDistance.suggestionMax else {
            return "unknown flag \(Quoted.text(flag)); see --help"
        }
        return "unknown flag \(Quoted.text(flag)); did you mean \(nearest.name)?"
    }
}

/// How many bytes must be inserted, removed or changed to make one text the other (Levenshtein's distance).
enum EditDistance {
    /// Beyond this a name is no suggestion.
    static let suggestionMax = 3

    static func between(_ left: String, _ right: String) -> Int {
        let right = Array(right.utf8)
        var row = Array(0...right.count)
        for (lineNumber, byte) in left.utf8.enumerated() {
            var diagonal = row[0]
            row[0] = lineNumber + 1
            for column in right.indices {
                let changed = diagonal + (right[column] == byte ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(changed, diagonal + 1, row[column] + 1)
            }
        }
        return row[right.count]
    }
}
