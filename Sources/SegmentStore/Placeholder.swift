// SegmentStore
