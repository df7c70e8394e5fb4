import Testing

@testable import Operations

@Suite("Numbers in settings")
struct SettingNumberTests {
    @Test(
        "Sizes are bytes or binary units",
        arguments: [
            ("0", 0), ("4096", 4096), ("64KiB", 65_536), ("64MiB", 67_108_864), ("1GiB", 1_073_741_824),
            ("2TiB", 2_199_023_255_552),
        ])
    func sizes(text: String, bytes: Int) {
        #expect(SettingNumber.bytes(text, in: 0...Int.max) == bytes)
    }

    @Test(
        "Other sizes are refused",
        arguments: [
            "", "MiB", "64MB", "64mib", "64 MiB", "-1", "+1", "1.5MiB", "0x10", "1e6", "64MiBs",
            "9223372036854775808",
            "9007199254740993GiB", "٤KiB",
        ])
    func sizeRefusal(text: String) {
        #expect(SettingNumber.bytes(text, in: 0...Int.max) == nil)
    }

    @Test(
        "Durations have a unit or are seconds",
        arguments: [
            ("250ms", Duration.milliseconds(250)), ("5s", .seconds(5)), ("1m", .seconds(60)),
            ("2h", .seconds(7200)), ("0.1d", .seconds(8640)),
            ("3", .seconds(3)), ("0.25", .milliseconds(250)), ("1.5m", .seconds(90)),
            ("0.5ms", .microseconds(500)),
            ("0", .zero),
        ])
    func durations(text: String, duration: Duration) {
        #expect(SettingNumber.duration(text, in: .zero ... .seconds(10_000)) == duration)
    }

    @Test(
        "Other durations are refused",
        arguments: [
            "", "s", "-1s", "1 s", "1w", "1us", "d", ".5s", "5.s", "1.2.3s", "1e3", "0.1234567s",
            "9999999999999999999h",
            "2562047789h", "3h", "1d", "106751992d",
        ])
    func durationRefusal(text: String) {
        #expect(SettingNumber.duration(text, in: .zero ... .seconds(10_000)) == nil)
    }

    @Test("Ports end at 65535", arguments: [("0", 0), ("1", 1), ("65535", 65_535)] as [(String, UInt16)])
    func ports(text: String, port: UInt16) {
        #expect(SettingNumber.port(text) == port)
    }

    @Test("Other ports are refused", arguments: ["", "65536", "-1", "http", "80 ", "8O"])
    func portRefusal(text: String) {
        #expect(SettingNumber.port(text) == nil)
    }

    @Test("Switches have the usual words")
    func booleans() {
        #expect(["true", "yes", "on", "1"].allSatisfy { SettingNumber.boolean($0) == true })
        #expect(["false", "no", "off", "0"].allSatisfy { SettingNumber.boolean($0) == false })
        #expect(["", "TRUE", "2", "y"].allSatisfy { SettingNumber.boolean($0) == nil })
    }
}
