/// What somebody pressed.
public enum Key: Equatable, Sendable {
    case text(String)
    /// Pasted as a whole: line feeds in it send nothing.
    case paste(String)
    case enter, newLine, tab, backTab, escape
    case backspace, delete, deleteWord, deleteToStart, deleteToEnd, yank
    case left, right, wordLeft, wordRight, home, end
    case up, down, pageUp, pageDown
    /// Ctrl-N and Ctrl-P, or Alt with an arrow: the next and the previous conversation.
    case nextRoom, previousRoom
    case interrupt, endOfInput, redraw, suspend
}
