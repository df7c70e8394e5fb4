import EventLoop
import LogLine
import Views
import Web

/// That somebody writes in a channel, on its way to those who follow it: built once, shared by all.
@LoopActor
final class TypingNotice {
    let channel: Channel
    let frame: PreparedFrame
    private let name: [UInt8]
    /// The socket that said so, where it is one of this pod's.
    private weak var origin: (any Outlet)?

    init(_ channel: Channel, by name: Author, from origin: (any Outlet)?) {
        self.channel = channel
        self.name = AccountName.lowercased(name.bytes)
        self.origin = origin
        let buffer = ByteBuffer()
        ControlObject.typing(channel, name).encode(into: buffer)
        frame = PreparedFrame(buffer.takeSlice())
    }

    /// Whether it is of the person at `outlet`. `account`: whose that is, as it is spelled.
    func isOwn(of outlet: any Outlet, account: [UInt8]?) -> Bool {
        origin === outlet || account.map { AccountName.lowercased($0) == name } ?? false
    }
}
