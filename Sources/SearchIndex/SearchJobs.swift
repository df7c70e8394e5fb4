import Threads
import Views

/// What waits for the index' thread, first come, first served.
final class SearchJobs: Sendable {
    typealias Job = @Sendable (IndexedTexts) -> Void

    private struct State {
        var jobs: [(job: Job, isQuestion: Bool)] = []
        var questions = 0
        var isClosed = false
    }

    private let questionsMax: Int
    private let monitor = Monitor(State())

    init(questionsMax: Int) { self.questionsMax = questionsMax }

    /// Changes come one at a time, so they need no bound of their own.
    func add(_ job: @escaping Job) {
        monitor.signal { state in
            state.jobs.append((job, false))
            return true
        }
    }

    /// Nil: it will be done; else how many wait already.
    func ask(_ job: @escaping Job) -> Int? {
        var waiting: Int?
        monitor.signal { state in
            guard state.questions < questionsMax else {
                waiting = state.questions
                return false
            }
            state.questions += 1
            state.jobs.append((job, true))
            return true
        }
        return waiting
    }

    /// Waits for the next one; nil: there will be none any more.
    func next() -> Job? {
        monitor.wait { (state: inout State) -> Job?? in
            guard !state.jobs.isEmpty else { return state.isClosed ? .some(nil) : nil }
            let (job, isQuestion) = state.jobs.removeFirst()
            if isQuestion { state.questions -= 1 }
            return .some(job)
        } ?? nil
    }

    /// What waits is still done.
    func close() { monitor.broadcast { $0.isClosed = true } }
}
