/// The bounds of telemetry, in one place.
public enum TelemetryLimits {
    public static let sampleInterval = Duration.seconds(1)
    /// Samples that are kept: five minutes.
    public static let samplesMax = 300
    /// Replicas whose lags are kept; of further ones only the newest sample tells. What is sent to who begins
    /// to listen grows with it: 256 take about 0.6 MB.
    public static let seriesMax = 256
    /// Who may listen to one service at a time.
    public static let listenersMax = 64
    /// A pod that hears nothing of the log's samples for so long counts the log as away.
    public static let silenceMax = Duration.seconds(3)
    /// One event of the log's, as a pod receives it.
    public static let eventBytesMax = 16 << 20
}
