import LogLine

/// What becomes of a draft.
///
/// Invariant: nothing that is not durable may leave the log. An answer waits until the offset it rests on is
/// durable; when that one is rewound, the answer is that the write failed.
public enum Admission: Sendable, Equatable {
    /// It is a new line; the answer rests on `offset`.
    case assigned(offset: Offset, time: Timestamp)
    /// The same was written before: the first one's result, which rests on `offset`.
    case repeated(offset: Offset, time: Timestamp)
    /// Nothing was assigned; the answer rests on `refusal.restsOn`.
    case refused(Refusal)
}

/// Why a draft got no offset.
public enum Refusal: Sendable, Equatable {
    /// Its id was used for something else, in the line `first`.
    case idConflict(first: Offset)
    /// The keys it relies on have moved on: the last offsets of all that are not as expected, in the draft's
    /// order.
    case expectationsUnmet([Draft.Expectation])
    /// So much waits for the disk already.
    case overloaded(lines: Int, bytes: Int)

    /// What must be durable before the refusal may be told; zero: nothing.
    public var restsOn: Offset {
        switch self {
        case .idConflict(let first): first
        case .expectationsUnmet(let current): current.map(\.offset).max() ?? .zero
        case .overloaded: .zero
        }
    }
}

extension Admission {
    /// What must be durable before the answer may be told; zero: nothing.
    public var restsOn: Offset {
        switch self {
        case .assigned(let offset, _), .repeated(let offset, _): offset
        case .refused(let refusal): refusal.restsOn
        }
    }
}
