import LogLine

/// What checking the log on its disk has brought so far.
public struct ScrubReport: Sendable, Equatable {
    /// A place where something else stands than was written.
    public struct Damage: Sendable, Equatable {
        public let file: String
        /// Of the file.
        public let byte: Int
        /// Of the line that should stand there.
        public let offset: Offset
        public let detail: String

        public init(file: String, byte: Int, offset: Offset, detail: String) {
            self.file = file
            self.byte = byte
            self.offset = offset
            self.detail = detail
        }
    }

    /// Whole ones.
    public private(set) var passes: UInt64 = 0
    public private(set) var checkedBytes: UInt64 = 0
    /// Damaged places, each counted once for as long as every pass finds it.
    public private(set) var damageCount: UInt64 = 0
    /// What is damaged as far as is known: found by this pass, or by the one before and not looked at again
    /// yet. At most `ScrubLimits.damageShownMax`.
    public private(set) var damages: [Damage] = []
    /// Of this pass.
    private var found: [Damage] = []

    public init() {}

    public mutating func checked(bytes: Int) { checkedBytes += UInt64(bytes) }

    /// False when it was known before.
    public mutating func add(_ damage: Damage) -> Bool {
        if found.count < ScrubLimits.damageShownMax { found.append(damage) }
        guard !damages.contains(damage) else { return false }
        damageCount += 1
        if damages.count < ScrubLimits.damageShownMax { damages.append(damage) }
        return true
    }

    /// What this pass has not found any more is forgotten.
    public mutating func endPass() {
        passes += 1
        damages = found
        found = []
    }
}
