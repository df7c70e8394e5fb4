import LogLine

/// What is asked of the server over HTTP.
public enum ChatRequest: Equatable, Sendable {
    case conversations
    /// The newest messages of a channel, or those before one.
    case page(Channel, before: Offset?, limit: Int)
    case accounts
    case room(Channel)
    case direct(String)
    case makeRoom(title: String)
    case invite(String, Channel)
    case leave(name: String, Channel)
    case search(String)
}
