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
        func value(_ name: String) throws(Problem) -> String? {
            let values = items.filter { $0.name == name }
            guard values.count <= 1 else {
                throw Problem(.malformed, "\(name) is there more than once", field: name)
            }
            return values.first?.value
        }
        return try WriteConfirmation(confirm: try value("confirm"), timeout: try value("timeout"))
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
