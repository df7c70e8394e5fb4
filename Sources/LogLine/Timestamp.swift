/// Milliseconds since 1970-01-01T00:00:00Z, without leap seconds.
///
/// As text: RFC 3339 in UTC with milliseconds, always 24 bytes, `2026-11-20T06:31:00.123Z`, years 0000–9999
/// of the proleptic Gregorian calendar.
public struct Timestamp: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let milliseconds: Int64

    @inlinable public init(milliseconds: Int64) { self.milliseconds = milliseconds }

    @inlinable public static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.milliseconds < right.milliseconds
    }

    /// 0000-01-01T00:00:00.000Z
    public static let earliest = Timestamp(milliseconds: -62_167_219_200_000)
    /// 9999-12-31T23:59:59.999Z
    public static let latest = Timestamp(milliseconds: 253_402_300_799_999)
    public static let textBytes = 24

    /// Nil unless `text` is exactly the 24 bytes of a real date and time.
    public init?(_ text: UnsafeRawBufferPointer) {
        guard text.count == Timestamp.textBytes, let base = text.baseAddress else { return nil }
        guard let milliseconds = TimestampText.read(base) else { return nil }
        self.milliseconds = milliseconds
    }

    /// Nil unless `text` is exactly the 24 bytes of a real date and time.
    public init?(_ text: some StringProtocol) {
        let bytes = Array(text.utf8)
        guard let time = bytes.withUnsafeBytes({ Timestamp($0) }) else { return nil }
        self = time
    }

    /// Appends the 24 bytes; a time outside the years 0000–9999 is written as `earliest` or `latest`.
    public func append(to out: ByteBuffer) {
        out.reserve(Timestamp.textBytes)
        out.write { $0.time(self) }
    }

    public var description: String {
        let out = ByteBuffer()
        append(to: out)
        return out.text
    }
}

/// The bytes `YYYY-MM-DDTHH:MM:SS.mmmZ`.
enum TimestampText {
    private static let dayMilliseconds: Int64 = 86_400_000

    /// Writes 24 bytes and returns 24.
    @inline(__always)
    static func write(_ time: Timestamp, to base: UnsafeMutableRawPointer) -> Int {
        let clamped = min(max(time, .earliest), .latest)
        let sinceEarliest = UInt64(clamped.milliseconds - Timestamp.earliest.milliseconds)
        let days = UInt32(truncatingIfNeeded: sinceEarliest / UInt64(dayMilliseconds))
        let inDay = UInt32(truncatingIfNeeded: sinceEarliest % UInt64(dayMilliseconds))
        let date = CivilDate(daysSinceYearZero: days)
        let (seconds, milliseconds) = inDay.quotientAndRemainder(dividingBy: 1000)
        let (minutes, second) = seconds.quotientAndRemainder(dividingBy: 60)
        let (hour, minute) = minutes.quotientAndRemainder(dividingBy: 60)
        put(date.year / 100, "-", at: base)
        put(date.year % 100, "-", at: base + 2)
        put(date.month, "-", at: base + 5)
        put(date.day, "T", at: base + 8)
        put(hour, ":", at: base + 11)
        put(minute, ":", at: base + 14)
        put(second, ".", at: base + 17)
        put(milliseconds / 10, "Z", at: base + 20)
        let last = UInt8(truncatingIfNeeded: 0x30 + milliseconds % 10)
        base.storeBytes(of: last, toByteOffset: 22, as: UInt8.self)
        base.storeBytes(of: UInt8(ascii: "Z"), toByteOffset: 23, as: UInt8.self)
        return Timestamp.textBytes
    }

    /// Nil unless the 24 bytes at `base` are a real date and time.
    @inline(__always)
    static func read(_ base: UnsafeRawPointer) -> Int64? {
        guard let first = Digits(base, form: "0000-00-"), let middle = Digits(base + 8, form: "00T00:00"),
            let last = Digits(base + 16, form: ":00.000Z")
        else { return nil }
        let year = first.pair(0) * 100 + first.pair(2)
        let month = first.pair(5)
        let day = middle.pair(0)
        let hour = middle.pair(3)
        let minute = middle.pair(6)
        let second = last.pair(1)
        let milliseconds = last.pair(4) * 10 + last.digit(6)
        guard month >= 1, month <= 12, day >= 1, hour <= 23, minute <= 59, second <= 59,
            day <= CivilDate.days(inMonth: month, year: year)
        else { return nil }
        let days = CivilDate(year: year, month: month, day: day).daysSinceYearZero
        let inDay = ((hour * 60 + minute) * 60 + second) * 1000 + milliseconds
        return Timestamp.earliest.milliseconds + Int64(days) * dayMilliseconds + Int64(inDay)
    }

    @inline(__always)
    private static func put(_ value: UInt32, _ separator: Unicode.Scalar, at base: UnsafeMutableRawPointer) {
        base.storeBytes(of: UInt8(truncatingIfNeeded: 0x30 + value / 10), as: UInt8.self)
        base.storeBytes(of: UInt8(truncatingIfNeeded: 0x30 + value % 10), toByteOffset: 1, as: UInt8.self)
        base.storeBytes(of: UInt8(ascii: separator), toByteOffset: 2, as: UInt8.self)
    }

    /// Eight bytes of digits and separators, looked at together.
    private struct Digits {
        /// In each byte the value of its digit; the first one in the lowest byte.
        private let values: UInt64

        /// Nil unless there is a digit wherever `form` has a `0`, and what `form` has elsewhere.
        @inline(__always)
        init?(_ base: UnsafeRawPointer, form: StaticString) {
            let wanted = UInt64(
                littleEndian: UnsafeRawPointer(form.utf8Start).loadUnaligned(as: UInt64.self))
            let values = UInt64(littleEndian: base.loadUnaligned(as: UInt64.self)) ^ wanted
            // Digits differ from '0' in the lower four bits only, separators not at all.
            let zeros = TimestampText.zeros(in: wanted)
            let tens = (values &+ (zeros &* 6)) & (zeros &* 0x10)
            guard values & ~(zeros &* 0x0F) == 0, tens == 0 else { return nil }
            self.values = values
        }

        @inline(__always)
        func digit(_ index: Int) -> UInt32 {
            UInt32(truncatingIfNeeded: values >> UInt64(index * 8)) & 0xF
        }

        @inline(__always)
        func pair(_ index: Int) -> UInt32 { digit(index) * 10 + digit(index + 1) }
    }

    /// 1 in each byte that is a `0`, else 0.
    @inline(__always)
    private static func zeros(in word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let other = word ^ (ones &* 0x30)
        let isOther = ((other & (ones &* 0x7F)) &+ (ones &* 0x7F)) | other
        return (~isOther >> 7) & ones
    }
}

/// A day of the proleptic Gregorian calendar, years 0–9999.
///
/// Counts years from March, so that the leap day is a year's last: Howard Hinnant, chrono-Compatible
/// Low-Level Date Algorithms.
struct CivilDate {
    let year: UInt32
    let month: UInt32
    let day: UInt32

    private static let daysBefore1MarchOfYearZero: UInt32 = 60
    private static let daysInEra: UInt32 = 146_097

    init(year: UInt32, month: UInt32, day: UInt32) {
        self.year = year
        self.month = month
        self.day = day
    }

    /// Day 0 is 0000-01-01.
    @inline(__always)
    init(daysSinceYearZero days: UInt32) {
        // One era earlier is added, so that January and February of the year 0 stay positive.
        let shifted = days + CivilDate.daysInEra - CivilDate.daysBefore1MarchOfYearZero
        let era = shifted / CivilDate.daysInEra
        let dayOfEra = shifted % CivilDate.daysInEra
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0) - 400
    }

    /// Day 0 is 0000-01-01.
    @inline(__always)
    var daysSinceYearZero: UInt32 {
        let shifted = year + 400 - (month <= 2 ? 1 : 0)
        let era = shifted / 400
        let yearOfEra = shifted % 400
        let monthFromMarch = month > 2 ? month - 3 : month + 9
        let dayOfYear = (153 * monthFromMarch + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        let shiftedDays = era * CivilDate.daysInEra + dayOfEra + CivilDate.daysBefore1MarchOfYearZero
        return shiftedDays - CivilDate.daysInEra
    }

    /// Precondition: `month` is 1–12.
    @inline(__always)
    static func days(inMonth month: UInt32, year: UInt32) -> UInt32 {
        if month == 2 { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28 }
        return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31
    }
}
