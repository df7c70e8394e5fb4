import { equal, line, test } from "./test.js";
import { doesMention, mentions, messageFrom } from "/web/js/messages.js";

const named = (text) => mentions(text).map((one) => one.name);

test("a mention begins a word and is an account's name", () => {
  equal(named("@alice"), ["alice"]);
  equal(named("hi @Alice, @b.o-b_1! (@carol)"), ["Alice", "b.o-b_1", "carol"]);
  equal(named("mail a@b.example, @@x, foo@bar, é@x, @, @.x"), []);
  equal(named("Greetings @dave."), ["dave"]);
});

test("a mention is the same without regard to case", () => {
  equal([doesMention("ask @ALICE", "alice"), doesMention("ask @alicea", "alice")], [true, false]);
});

test("a changed message of a page carries its marks", () => {
  const message = messageFrom(line(7, { edited: "2026-11-20T07:00:00.000Z", replies: 2,
    reactions: { "👍": ["bob"] } }), 9);
  equal([message.edited, message.replies, message.asOf], ["2026-11-20T07:00:00.000Z", 2, 9]);
  equal([...message.reactions], [["👍", ["bob"]]]);
  equal(messageFrom({ offset: 8, time: "", channel: "tea", deleted: true }).isDeleted, true);
  equal(messageFrom({ offset: 9, time: "", channel: "tea", redacted: true }).isDeleted, true);
});
