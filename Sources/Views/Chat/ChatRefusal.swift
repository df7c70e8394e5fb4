import LogLine

/// Why something is not done, decided by a state that may be behind: whoever asks maps it to an answer.
public enum ChatRefusal: Error, Equatable, Sendable {
    /// 400, or 413: a value breaks its rule.
    case invalid(InvalidField)
    /// 401: the token's generation is not the account's current one.
    case signedOut
    /// 401: only accounts do this, and no token says whose it would be.
    case accountRequired
    /// 401: the name belongs to an account, and no token says that it is theirs.
    case nameOfAccount([UInt8])
    /// 403: they may not; says what it would take.
    case forbidden(String)
    /// 404: there is no such channel, for them.
    case noSuchChannel
    case noSuchAccount([UInt8])
    case noSuchMember([UInt8])
    case noSuchMessage(Offset)
    case noSuchKey([UInt8])
    /// 409: the name or the channel is somebody's already.
    case taken(String)
    /// 409: it cannot be as things are; says what would have to change first.
    case conflict(String)
    /// 409: the key's newest line is another one than the request demands.
    case moved(Key, Offset)
    /// 410: the message was deleted.
    case deleted(Offset)
    /// This state has not applied that offset yet, on which the request relies: wait for it, decide again.
    case behind(Offset)
    /// 503: without a secret of the cluster there are neither accounts nor private rooms.
    case noAccounts
}
