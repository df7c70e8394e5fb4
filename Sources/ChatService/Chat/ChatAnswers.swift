import LogLine
import Replication
import Views
import Web

/// How accounts and rooms are shown: docs/openapi.yaml.
enum ChatAnswers {
    static func encode(_ account: Account, into out: ByteBuffer) {
        out.append("{\"name\":")
        out.appendJSONString(account.name)
        out.append(utf8: ",\"since\":\"\(account.since)\"")
        out.append(account.isDeleted ? ",\"deleted\":true}" : "}")
    }

    /// - Parameter members: in the order in which they are shown.
    static func encode(
        _ room: Room, _ members: [(account: Account, role: Role)], into out: ByteBuffer
    ) {
        out.append("{\"channel\":")
        out.appendJSONString(room.channel)
        out.append(",\"type\":")
        out.append(room.isDirect ? "\"direct\"" : room.isPrivate ? "\"private\"" : "\"public\"")
        out.append(",\"title\":")
        out.appendJSONString(room.title)
        out.append(",\"topic\":")
        out.appendJSONString(room.topic)
        out.append(utf8: ",\"since\":\"\(room.since)\",\"offset\":\(room.lastOffset),\"members\":[")
        for (index, member) in members.enumerated() {
            if index > 0 { out.append(",") }
            out.append("{\"name\":")
            out.appendJSONString(member.account.name)
            out.append(",\"role\":")
            out.appendJSONString(member.role.name)
            out.append("}")
        }
        out.append("]}")
    }

    /// - Parameter last: the newest message as it is shown, if it can be.
    static func encode(_ conversation: Conversation, last: ByteSlice?, into out: ByteBuffer) {
        out.append("{\"channel\":")
        out.appendJSONString(conversation.channel)
        out.append(",\"type\":")
        switch conversation.form {
        case .open: out.append("\"public\"")
        case .room: out.append("\"private\"")
        case .direct: out.append("\"direct\"")
        }
        out.append(",\"title\":")
        out.appendJSONString(conversation.title)
        out.append(
            utf8: """
                ,"unread":\(conversation.unread),"mentions":\(conversation.mentions),\
                "read":\(conversation.mark)
                """)
        if let last {
            out.append(",\"last\":")
            out.append(last)
        }
        out.append("}")
    }
}
