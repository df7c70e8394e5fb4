/// The bounds of what is never in the log.
enum PresenceLimits {
    /// How often a pod says who is there, changed or not.
    static let reportInterval = Duration.seconds(5)
    /// How long changes are gathered before they are said.
    static let gatherTime = Duration.milliseconds(200)
    /// A pod that is silent for so long is gone.
    static let silenceMax = Duration.seconds(15)
    /// For so long the reports repeat who left: longer than until a dead pod is given up, so that one that
    /// came meanwhile learns whom it had.
    static let leftRepeated = Duration.seconds(30)
    static let fadeInterval = Duration.seconds(1)
    /// Pods whose reports are kept; those of more are passed over.
    static let podsMax = 256
    /// People who left, with when they were last seen; with more the older half is forgotten.
    static let rememberedMax = 10_000
    /// People in one object on a WebSocket: of a whole list the first ones, of changes the rest follows in
    /// another object.
    static let peoplePerObjectMax = 1000
    /// How often one socket may say that its person writes in one channel; more is passed over.
    static let typingInterval = Duration.seconds(1)
    /// Channels in which one socket's person may write at once.
    static let typingChannelsMax = 16
}
