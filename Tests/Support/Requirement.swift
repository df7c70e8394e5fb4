import Glibc
import Testing

/// Something a test needs that a machine may lack.
public enum Requirement {
    /// Whether the test can go on. If not, says so in a line that the test run counts, or fails the test when
    /// `REQUIRE_ALL=1` is set.
    public static func holds(_ condition: Bool, _ reason: String) -> Bool {
        guard !condition else { return true }
        print("SKIP: \(reason)")
        if getenv("REQUIRE_ALL").map({ String(cString: $0) }) == "1" { Issue.record("required: \(reason)") }
        return false
    }
}
