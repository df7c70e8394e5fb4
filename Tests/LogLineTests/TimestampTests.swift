import TestSupport
import Testing

@testable import LogLine

@Suite("Timestamps")
struct TimestampTests {
    @Test(
        "A time is written and read as its known text",
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (951_868_799_999, "2000-02-29T23:59:59.999Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
            (1_795_156_260_123, "2026-11-20T06:31:00.123Z"),
            (-62_167_219_200_000, "0000-01-01T00:00:00.000Z"),
            (-62_162_035_200_001, "0000-02-29T23:59:59.999Z"),
            (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
        ] as [(Int64, String)])
    func golden(milliseconds: Int64, text: String) {
        let time = Timestamp(milliseconds: milliseconds)
        #expect(time.description == text)
        #expect(Timestamp(text) == time)
    }

    @Test("Every day of four centuries follows the one before it")
    func everyDay() {
        var expected = (year: 1800, month: 1, day: 1)
        let lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        var milliseconds: Int64 = -5_364_662_400_000
        while expected.year < 2200 {
            let date = CivilDate(
                daysSinceYearZero: UInt32((milliseconds - Timestamp.earliest.milliseconds) / 86_400_000))
            guard Int(date.year) == expected.year, Int(date.month) == expected.month,
                Int(date.day) == expected.day
            else {
                Issue.record("\(milliseconds) gives \(date), not \(expected)")
                return
            }
            let isLeap = expected.year % 4 == 0 && (expected.year % 100 != 0 || expected.year % 400 == 0)
            let length = lengths[expected.month - 1] + (isLeap && expected.month == 2 ? 1 : 0)
            expected.day += 1
            if expected.day > length { (expected.month, expected.day) = (expected.month + 1, 1) }
            if expected.month > 12 { (expected.year, expected.month) = (expected.year + 1, 1) }
            milliseconds += 86_400_000
        }
    }

    @Test("Any time of the years 0 to 9999 is read back from its text")
    func roundTrip() {
        let seed: UInt64 = 0x5eed_0002
        var random = SplitMix64(seed: seed)
        let span = Timestamp.latest.milliseconds - Timestamp.earliest.milliseconds
        for _ in 0..<5_000 {
            let milliseconds = Timestamp.earliest.milliseconds + Int64(random.next() % UInt64(span))
            let time = Timestamp(milliseconds: milliseconds)
            #expect(Timestamp(time.description) == time, "seed \(seed), \(milliseconds)")
        }
    }

    @Test("A time outside of the years 0 to 9999 is written as the nearest one")
    func clamped() {
        #expect(Timestamp(milliseconds: .max).description == Timestamp.latest.description)
        #expect(Timestamp(milliseconds: .min).description == Timestamp.earliest.description)
    }

    @Test(
        "What is no real date and time in exactly 24 bytes is refused",
        arguments: [
            "", "2026-11-20T06:31:00.123", "2026-11-20T06:31:00.123Z ", "2026-11-20T06:31:00.123z",
            "2026-11-20t06:31:00.123Z", "2026-11-20 06:31:00.123Z", "2026-11-20T06:31:00,123Z",
            "2026-13-20T06:31:00.123Z", "2026-00-20T06:31:00.123Z", "2026-11-31T06:31:00.123Z",
            "2026-11-00T06:31:00.123Z", "2026-02-29T06:31:00.123Z", "2100-02-29T06:31:00.123Z",
            "2026-11-20T24:00:00.000Z", "2026-11-20T06:60:00.123Z", "2026-11-20T06:31:60.123Z",
            "+026-11-20T06:31:00.123Z", "2026-11-20T06:31:00.12:Z", "2026/11/20T06:31:00.123Z",
            "2026-11-20T06:31:00.1234", "٢٠٢٦-11-20T06:31:0Z",
        ])
    func refused(text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test("A byte that is no digit is refused at every place of a digit")
    func noDigits() {
        let valid = Array("2026-11-20T06:31:00.123Z".utf8)
        for index in valid.indices where valid[index] >= 0x30 && valid[index] <= 0x39 {
            for byte in [UInt8](0...255) where byte < 0x30 || byte > 0x39 {
                var text = valid
                text[index] = byte
                #expect(text.withUnsafeBytes { Timestamp($0) } == nil, "byte \(byte) at \(index)")
            }
        }
    }
}
