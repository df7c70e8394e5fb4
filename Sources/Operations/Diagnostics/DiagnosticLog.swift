import Glibc

/// Lines for the people who run a service, on stderr; not to be mixed up with the replicated log. One line is
/// one `write`, so lines of several threads never mix. Text or JSON:
///
/// ```
/// 2026-11-20T06:31:00.123Z info  replication-log: listening host=0.0.0.0 port=8100
/// {"time":"2026-11-20T06:31:00.123Z","level":"info","service":"chat-server","message":"ready"}
/// ```
///
/// Values are escaped: nothing a client sends can forge a line. Any thread. A full or closed stderr loses
/// lines and never the process' time; how many were lost is said in the next line that gets through.
public struct DiagnosticLog: Sendable {
    public enum Level: String, CaseIterable, Comparable, Sendable {
        case debug
        case info
        case warning
        case error

        public static func < (left: Level, right: Level) -> Bool { left.severity < right.severity }

        private var severity: Int {
            switch self {
            case .debug: 0
            case .info: 1
            case .warning: 2
            case .error: 3
            }
        }
    }

    public enum Format: String, CaseIterable, Sendable {
        case text
        case json
    }

    /// Of a line with its newline. A pipe takes so many at once when it takes anything (PIPE_BUF, pipe(7)).
    public static let lineBytesMax = 4096
    /// A longer value is cut.
    public static let valueBytesMax = 1024
    /// A longer message is cut: so, with every byte escaped, it leaves room for the rest of its line.
    public static let messageBytesMax = 512

    public let service: String
    public let level: Level
    public let format: Format
    let output: DiagnosticOutput
    let now: @Sendable () -> timespec

    /// Writes to stderr with the system's time.
    public init(service: String, level: Level = .info, format: Format = .text) {
        self.init(
            service: service, level: level, format: format, output: .standardError, now: Self.systemTime)
    }

    init(
        service: String, level: Level, format: Format, output: DiagnosticOutput,
        now: @escaping @Sendable () -> timespec
    ) {
        self.service = service
        self.level = level
        self.format = format
        self.output = output
        self.now = now
    }

    public func debug(
        _ message: @autoclosure () -> String, _ fields: @autoclosure () -> DiagnosticFields = [:]
    ) {
        write(.debug, message, fields)
    }

    public func info(
        _ message: @autoclosure () -> String, _ fields: @autoclosure () -> DiagnosticFields = [:]
    ) {
        write(.info, message, fields)
    }

    public func warning(
        _ message: @autoclosure () -> String, _ fields: @autoclosure () -> DiagnosticFields = [:]
    ) {
        write(.warning, message, fields)
    }

    public func error(
        _ message: @autoclosure () -> String, _ fields: @autoclosure () -> DiagnosticFields = [:]
    ) {
        write(.error, message, fields)
    }

    private func write(_ level: Level, _ message: () -> String, _ fields: () -> DiagnosticFields) {
        guard level >= self.level else { return }
        let time = now()
        output.write(line(level, time, message(), fields())) { count in
            let message = "lines were lost: stderr could not take them"
            return line(.warning, time, message, ["count": DiagnosticValue(count)])
        }
    }

    private func line(
        _ level: Level, _ time: timespec, _ message: String, _ fields: DiagnosticFields
    ) -> [UInt8] {
        var line: [UInt8] = []
        line.reserveCapacity(256)
        let header = DiagnosticLine.Header(time: time, level: level, service: service)
        DiagnosticLine.append(format, header, message, fields, to: &line)
        return line
    }

    private static let systemTime: @Sendable () -> timespec = {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return time
    }
}

/// `["port": 8100, "channel": .bytes(name)]`, in the order they are printed.
public typealias DiagnosticFields = KeyValuePairs<StaticString, DiagnosticValue>

/// A value in a line of the diagnostic log.
public enum DiagnosticValue: Sendable, ExpressibleByStringInterpolation, ExpressibleByIntegerLiteral,
    ExpressibleByBooleanLiteral
{
    case text(String)
    /// A text from outside, perhaps not UTF-8.
    case bytes([UInt8])
    case integer(Int64)
    case boolean(Bool)

    public init(stringLiteral text: String) { self = .text(text) }
    public init(integerLiteral value: Int64) { self = .integer(value) }
    public init(booleanLiteral value: Bool) { self = .boolean(value) }
    public init(_ value: some BinaryInteger) { self = .integer(Int64(clamping: value)) }
    public init(_ value: some CustomStringConvertible) { self = .text(value.description) }
}
