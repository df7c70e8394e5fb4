import EventLoop
import LogLine
import Operations
import Replication

extension Exchange {
    /// `?confirm=durable|N|majority|all&timeout=5s`, the only parameters that a write takes.
    /// - Parameter besides: others that this one takes.
    public func writeConfirmation(besides: Set<String> = []) throws(Problem) -> WriteConfirmation {
        guard head?.query.isEmpty == false else { return WriteConfirmation() }
        try refuseQuery(except: besides.union(["confirm", "timeout"]))
        let items = queryItems
        func value(_ name: String) -> String? { items.first { $0.name == name }?.value }
        return try WriteConfirmation(confirm: value("confirm"), timeout: value("timeout"))
    }
}

extension WriteConfirmation {
    /// As a client wrote it.
    public init(confirm: String?, timeout: String?) throws(Problem) {
        self.init()
        if let confirm {
            guard let requirement = ConfirmationRequirement(confirm) else {
                throw Problem(
                    .malformed,
                    "confirm is '\(confirm.prefix(64))'; it takes \(ConfirmationRequirement.expects)",
                    field: "confirm")
            }
            self.requirement = requirement
        }
        guard let timeout else { return }
        guard let duration = SettingNumber.duration(timeout, in: .zero...ConfirmationLimits.timeoutMax) else {
            throw Problem(
                .malformed,
                "timeout is '\(timeout.prefix(64))'; it takes a duration of at most "
                    + "\(ConfirmationLimits.timeoutMax)", field: "timeout")
        }
        self.timeout = duration
    }
}
