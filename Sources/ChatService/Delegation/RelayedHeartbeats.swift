import LogLine

/// Which heartbeats of the log are passed on: not one that was passed on just now. It has come in a circle,
/// of pods that feed each other because an address that one of them tells is another one's; going round for
/// ever it would make them believe that the log speaks to them. Pure.
///
/// The log repeats itself only after `PodLimits.echoTime`, or for who asks what was asked already; so a
/// heartbeat that is held back says nothing new.
struct RelayedHeartbeats {
    /// Of the last `PodLimits.echoTime`, the oldest first.
    private var recent: [(bytes: ByteSlice, at: Duration)] = []

    private static let recentMax = 16

    mutating func admits(_ heartbeat: ByteSlice, at now: Duration) -> Bool {
        recent.removeAll { now - $0.at >= PodLimits.echoTime }
        guard !recent.contains(where: { $0.bytes.pointer.elementsEqual(heartbeat.pointer) }) else {
            return false
        }
        if recent.count == RelayedHeartbeats.recentMax { recent.removeFirst() }
        recent.append((heartbeat, now))
        return true
    }
}
