import Glibc

/// What every service's process does the same way.
public enum ServiceProcess {
    /// Source: sysexits.h, and the contract for bad settings.
    public enum ExitCode: Int32, Sendable {
        case done = 0
        case failed = 1
        case badSettings = 2
        /// The disk failed: recover by starting again.
        case ioError = 74
    }

    /// Ends the process at once. Exit handlers do not run: nothing of ours depends on them.
    public static func exit(_ code: ExitCode) -> Never { _exit(code.rawValue) }

    /// Writes to a standard stream and exits; for help, versions and errors before there is a log.
    public static func exit(_ code: ExitCode, saying text: String) -> Never {
        let bytes = Array(text.utf8)
        // Nobody is left to be told when this fails.
        _ = write(code == .done ? STDOUT_FILENO : STDERR_FILENO, bytes, bytes.count)
        exit(code)
    }

    /// Until `onTermination` takes over, SIGTERM and SIGINT end the process at once and quietly: nothing was
    /// served yet, and recovery may be broken off anywhere. Needed because the first process of a container
    /// has no default action for a signal: without a handler it would not stop (pid_namespaces(7)).
    public static func endAtSignals() {
        for number in [SIGTERM, SIGINT] { signal(number) { _ in _exit(ExitCode.done.rawValue) } }
    }

    /// Calls `body` at the first SIGTERM or SIGINT. A second one ends the process at once.
    @LoopActor
    public static func onTermination(_ body: @escaping @LoopActor () -> Void) -> [LoopSignal] {
        var isTerminating = false
        return [SIGTERM, SIGINT].map { number in
            LoopSignal(number) {
                if isTerminating { exit(.failed) }
                isTerminating = true
                body()
            }
        }
    }
}
