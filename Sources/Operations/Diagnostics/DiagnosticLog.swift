import Glibc

/// Lines for the people who run a service, on stderr; not to be mixed up with the replicated log. One line is
/// one `write`, so lines of several threads never mix. Text or JSON:
///
/// ```
/// 2026-11-20T06:31:00.123Z info  replication-log: listening host=0.0.0.0 port=8100
/// {"time":"2026-11-20T06:31:00.123Z","level":"info","service":"chat-server","message":"ready"}
/// ```
///
/// Values are escaped: nothing a client sends can forge a line. Any thread. A full or closed stderr loses the
/// line and never the process' time: partial writes are not continued.
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

    /// A longer value is cut.
    public static let valueBytesMax = 1024

    public let service: String
    public let level: Level
    public let format: Format
    let sink: @Sendable ([UInt8]) -> Void
    let now: @Sendable () -> timespec

    /// Writes to stderr with the system's time.
    public init(service: String, level: Level = .info, format: Format = .text) {
        self.init(
            service: service, level: level, format: format, sink: Self.writeToStandardError,
            now: Self.systemTime)
    }

    init(
        service: String, level: Level, format: Format, sink: @escaping @Sendable ([UInt8]) -> Void,
        now: @escaping @Sendable () -> timespec
    ) {
        self.service = service
        self.level = level
        self.format = format
        self.sink = sink
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
        var line: [UInt8] = []
        line.reserveCapacity(256)
        switch format {
        case .text: DiagnosticLine.appendText(header(level), message(), fields(), to: &line)
        case .json: DiagnosticLine.appendJSON(header(level), message(), fields(), to: &line)
        }
        sink(line)
    }

    private func header(_ level: Level) -> DiagnosticLine.Header {
        DiagnosticLine.Header(time: now(), level: level, service: service)
    }

    private static let writeToStandardError: @Sendable ([UInt8]) -> Void = { line in
        line.withUnsafeBytes { _ = Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
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
