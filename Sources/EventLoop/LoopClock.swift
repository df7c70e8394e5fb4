import Threads

/// The system's clocks, as what runs on the loop reads them.
public typealias LoopClock = SystemClock
