/// The bounds of what a chat remembers and of what its members may ask for. Sizes are in bytes of UTF-8.
public enum ChatLimits {
    public static let accountNameBytesMax = 32
    /// What an account's line may hold as its password's hash.
    public static let passwordHashBytesMax = 512
    public static let titleBytesMax = 128
    public static let topicBytesMax = 512
    /// Its owner and everybody else.
    public static let membersPerRoomMax = 1_000
    /// Private ones that an account is a member of.
    public static let roomsPerAccountMax = 1_000
    public static let emojiBytesMax = 32
    /// Different emoji on one message; further ones are not shown.
    public static let emojiPerMessageMax = 64
    /// Reactions of everybody to one message; further ones are not shown.
    public static let reactionsPerMessageMax = 1_000
    /// Different accounts that one message mentions; further ones are not told.
    static let mentionsPerMessageMax = 64
    /// The newest mentions of an account in a channel that are remembered; older ones are not counted.
    public static let mentionsPerChannelMax = 1_000
    /// Channels of which an account's read mark is remembered; marks of further ones are not.
    public static let marksPerAccountMax = 10_000
    /// Keys of accounts and rooms that are in the log without there being such an account or room.
    static let strayKeysMax = 10_000
    /// Of one page of a list of accounts.
    public static let accountsPageMax = 1_000
}
