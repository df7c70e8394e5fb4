import LogLine
import TestSupport

/// What may go wrong in one run, and how often: follows from the seed.
struct FaultPlan {
    /// Chances in 1,000.
    var busDrop = 0
    var busDuplicate = 0
    var busDelay = 0
    var streamBreak = 0
    var streamStall = 0
    var writeFailure = 0
    /// What is chosen from every now and then.
    var disasters: [Disaster] = []

    enum Disaster: CaseIterable {
        case podCrash
        case logCrash
        case busAway
        case logCutOffFromBus
        case forgedHeartbeat
        case foreignLines
        /// Lines of our epoch that our log never wrote: possible only without a secret.
        case forgedLines
        /// The log comes back from a backup: a prefix of its history, a new epoch.
        case restore
    }

    init(_ random: inout SplitMix64) {
        busDrop = random.element([0, 0, 20, 100, 300])
        busDuplicate = random.element([0, 50, 200])
        busDelay = random.element([0, 50, 200])
        streamBreak = random.element([0, 20, 100])
        streamStall = random.element([0, 0, 10])
        writeFailure = random.element([0, 20, 100])
        for disaster in Disaster.allCases where disaster != .forgedLines && disaster != .restore {
            if random.oneIn(2) { disasters.append(disaster) }
        }
        if random.oneIn(4) { disasters.append(.forgedLines) }
        if random.oneIn(4) { disasters.append(.restore) }
    }

    private init() {}

    static let none = FaultPlan()
}
