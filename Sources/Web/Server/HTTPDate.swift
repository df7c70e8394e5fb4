import EventLoop
import Glibc

/// The Date field (RFC 9110 section 5.6.7), formatted once a second.
@LoopActor
enum HTTPDate {
    private static var second: Int64 = -1
    private static var text = [UInt8]()

    /// 29 bytes: `Sun, 06 Nov 1994 08:49:37 GMT`.
    static var now: [UInt8] {
        let current = LoopClock.wallMilliseconds / 1000
        if current != second {
            second = current
            text = format(second: current)
        }
        return text
    }

    nonisolated static func format(second: Int64) -> [UInt8] {
        var time = time_t(second)
        var parts = tm()
        gmtime_r(&time, &parts)
        let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        func two(_ value: Int32) -> String { value < 10 ? "0\(value)" : "\(value)" }
        let date = "\(two(parts.tm_mday)) \(months[Int(parts.tm_mon)]) \(parts.tm_year + 1900)"
        let clock = "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))"
        return Array("\(days[Int(parts.tm_wday)]), \(date) \(clock) GMT".utf8)
    }
}
