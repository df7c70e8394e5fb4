/// The search for the first place from which on two histories differ, by halving: histories that are equal at
/// a place are equal at all before it, and those that differ at one differ at all behind it.
///
/// ```swift
/// var search = FirstDifference(last: 9)       // they differ at place 9
/// while let place = search.question { search.answer(isEqual: ask(place)) }
/// search.place                                // the first one at which they differ
/// ```
public struct FirstDifference: Sendable {
    /// Places before this one are equal.
    private var low = 0
    /// They differ here.
    private var high: Int

    /// - Parameter last: a place, counted from 0, at which they differ.
    public init(last: Int) {
        precondition(last >= 0, "a place is counted from 0")
        high = last
    }

    /// Which place to compare next; nil when it is found.
    public var question: Int? { low < high ? low + (high - low) / 2 : nil }

    public mutating func answer(isEqual: Bool) {
        guard let question else { preconditionFailure("nothing was asked") }
        if isEqual { low = question + 1 } else { high = question }
    }

    /// The first place at which they differ, once nothing is asked any more.
    public var place: Int { high }
}
