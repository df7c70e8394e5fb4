import LogLine

/// Where a writer begins: the end of a log that creation, recovery or repair has left whole and synced.
struct WriterStart {
    let directory: LogDirectory
    let table: SegmentTable
    let note: SlotFile
    let boot: SlotFile
    let bootRecord: BootRecord
    /// The last one.
    let segment: Offset
    let file: LogFile
    /// Of the last segment.
    let bytes: Int
    let history: HistoryPoint
}
