import LogLine

/// How far the log is said to be. What our log says is confirmed; what Redis says is only heard, until our
/// log's next answer: every genuine claim made before a question is within the head that answers it.
struct HeadClaims: Sendable {
    private(set) var confirmed: Offset = .zero
    private(set) var heard: Offset = .zero
    private var confirmedSinceQuestion: Offset = .zero
    private var heardSinceQuestion: Offset = .zero

    var highest: Offset { max(confirmed, heard) }

    mutating func hear(_ offset: Offset) {
        heard = max(heard, offset)
        heardSinceQuestion = max(heardSinceQuestion, offset)
    }

    mutating func confirm(_ offset: Offset) {
        confirmed = max(confirmed, offset)
        confirmedSinceQuestion = max(confirmedSinceQuestion, offset)
    }

    /// Our log is being asked.
    mutating func ask() {
        confirmedSinceQuestion = .zero
        heardSinceQuestion = .zero
    }

    /// Our log's head, as it was between the question and now. Drops claims from before that were wrong.
    mutating func answer(_ head: Offset) {
        confirmed = max(head, confirmedSinceQuestion)
        heard = max(head, heardSinceQuestion)
    }
}
