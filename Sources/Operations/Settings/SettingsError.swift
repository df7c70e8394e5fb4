/// Why a process cannot start with the settings it was given. The executable prints `description`, one line,
/// to stderr and exits with `exitCode`.
public struct SettingsError: Error, Equatable, Sendable, CustomStringConvertible {
    public enum Code: Equatable, Sendable {
        case invalidValue
        case unknownFlag
        case missingValue
        case repeatedFlag
        case unexpectedArgument
        /// Each value alone is one, but not beside the others.
        case contradiction
    }

    public let code: Code
    /// The setting or argument in question: `PORT`, `--prot`.
    public let name: String
    /// One line: the name, the value (never a secret's) and what is expected.
    public let description: String

    /// Of a process that was called wrongly.
    public static let exitCode: Int32 = 2

    init(_ code: Code, name: String, _ description: String) {
        self.code = code
        self.name = name
        self.description = description
    }
}
