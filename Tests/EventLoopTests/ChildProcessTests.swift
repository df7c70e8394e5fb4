import EventLoop
import Glibc
import LoopTestSupport
import Testing

@Suite("Child processes", .loop)
struct ChildProcessTests {
    @Test("Lines of both streams arrive in order, then the exit code")
    @LoopActor
    func lines() async throws {
        let run = try Run("printf 'one\\ntwo\\n'; echo three >&2; printf 'no newline'; exit 3")
        await eventually("it ends") { !run.ends.isEmpty }
        #expect(run.lines == ["one", "two", "three", "no newline"])
        #expect(run.ends == ["exited with code 3"])
        #expect(run.lineCountAtEnd == 4)
    }

    @Test("Environment and arguments are the given ones, nothing else")
    @LoopActor
    func environment() async throws {
        let run = try Run("echo \"$GREETING\"; echo \"[$HOME]\"", environment: ["GREETING": "good morning"])
        await eventually("it ends") { !run.ends.isEmpty }
        #expect(run.lines == ["good morning", "[]"])
    }

    @Test("A long line arrives in pieces that are the whole of it")
    @LoopActor
    func longLine() async throws {
        let run = try Run("head -c 300000 /dev/zero | tr '\\0' x; echo; echo after")
        await eventually("it ends") { !run.ends.isEmpty }
        #expect(run.lines.last == "after")
        let pieces = run.lines.dropLast()
        #expect(pieces.count > 1)
        #expect(pieces.joined().utf8.elementsEqual(repeatElement(UInt8(ascii: "x"), count: 300_000)))
    }

    @Test("A signal ends it, and its end says so")
    @LoopActor
    func signalled() async throws {
        let run = try Run("echo ready; exec sleep 60")
        await eventually("it is ready") { run.lines == ["ready"] }
        run.child?.signal(SIGKILL)
        await eventually("it ends") { !run.ends.isEmpty }
        #expect(run.ends == ["ended by signal 9"])
        // Afterwards the number may be another process's
        run.child?.signal(SIGKILL)
    }

    @Test("A program that is not there ends with the shell's code for that")
    @LoopActor
    func notThere() async throws {
        let run = try Run(path: "/nowhere/at/all", arguments: [])
        await eventually("it ends") { !run.ends.isEmpty }
        #expect(run.ends == ["exited with code 127"])
    }

    @Test("One that is started in the end of another has its own lines, on the descriptor of the first")
    @LoopActor
    func restart() async throws {
        let first = try Run("echo first")
        var second: Run?
        first.onEnd = { second = try? Run("echo second") }
        await eventually("the second ends") { second?.ends.isEmpty == false }
        #expect(first.lines == ["first"])
        #expect(second?.lines == ["second"])
    }

    @Test("One that nobody holds is still heard to its end")
    @LoopActor
    func notHeld() async throws {
        let run = try Run("echo before; kill -STOP $$; echo after")
        await eventually("it has begun") { run.lines == ["before"] }
        let id = try #require(run.child?.id)
        run.child = nil
        await eventually("it goes on") {
            kill(id, SIGCONT)
            return !run.ends.isEmpty
        }
        #expect(run.lines == ["before", "after"])
        #expect(run.ends == ["exited with code 0"])
    }

    @Test("Several at once are told apart")
    @LoopActor
    func several() async throws {
        let runs = try (0..<8).map { try Run("echo \($0); exit \($0)") }
        await eventually("all end") { runs.allSatisfy { !$0.ends.isEmpty } }
        for (number, run) in runs.enumerated() {
            #expect(run.lines == ["\(number)"])
            #expect(run.ends == ["exited with code \(number)"])
        }
    }
}

/// A shell's command and what came of it.
@LoopActor
private final class Run {
    private(set) var lines = [String]()
    private(set) var ends = [String]()
    private(set) var lineCountAtEnd = -1
    var onEnd: (@LoopActor () -> Void)?
    var child: ChildProcess?

    convenience init(_ command: String, environment: [String: String] = [:]) throws {
        var environment = environment
        environment["PATH"] = "/usr/bin:/bin"
        try self.init(path: "/bin/sh", arguments: ["-c", command], environment: environment)
    }

    init(path: String, arguments: [String], environment: [String: String] = [:]) throws {
        child = try ChildProcess(
            path, arguments: arguments, environment: environment,
            onLine: { [unowned self] in lines.append($0) },
            onEnd: { [unowned self] end in
                lineCountAtEnd = lines.count
                ends.append(end.description)
                onEnd?()
            })
    }
}
