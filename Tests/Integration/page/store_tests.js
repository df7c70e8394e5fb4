import { equal, fact, line, lines, position, test } from "./test.js";
import { parsePosition, Store } from "/web/js/store.js";

/** bob's store, with the channel tea loaded up to `last`. */
function loaded(last = 3) {
  const store = new Store();
  store.me = { name: "bob", isAccount: true };
  store.reached(position(last));
  store.loadPage("tea", lines(1, last), "replace", { position: last, hasStart: true, hasEnd: true });
  store.loadRoom({ channel: "tea", unread: 0, read: last });
  return store;
}

const texts = (store, channel = "tea") => store.room(channel).timeline.messages.map((one) => one.text);

test("a position is an epoch and an offset", () => {
  equal(parsePosition("0123456789abcdef:42"), position(42));
  for (const text of [null, "", "42", "0123456789abcdef", "0123456789ABCDEF:1", "0123456789abcdef:-1"]) {
    equal(parsePosition(text), null, String(text));
  }
});

test("a message that comes is shown, counted and moves the position", () => {
  const store = loaded();
  store.applyLine(line(4));
  equal(texts(store), ["text 1", "text 2", "text 3", "text 4"]);
  equal(store.room("tea").unread, 1);
  equal(store.room("tea").last.offset, 4);
  equal(store.position.offset, 4);
});

test("a line that comes twice changes nothing the second time", () => {
  const store = loaded();
  const seen = [line(4), fact(5, "reaction", { offset: 4, emoji: "👍", on: true }), line(6, { reply_to: 4 })];
  for (const one of [...seen, ...seen]) store.applyLine(one);
  const message = store.room("tea").timeline.find(4);
  equal(texts(store).length, 5);
  equal(store.room("tea").unread, 2);
  equal([...message.reactions], [["👍", ["alice"]]]);
  equal(message.replies, 1);
});

test("a line from before the live stream does not move the position from which one resumes", () => {
  const store = loaded();
  store.applyLine(line(9), false);
  equal(store.position.offset, 3);
  equal(texts(store).at(-1), "text 9");
  store.reached(position(9));
  store.reached(position(5));
  equal(store.position.offset, 9);
});

test("an own message is not unread, and moves the own mark", () => {
  const store = loaded();
  store.applyLine(line(4));
  store.applyLine(line(5, { author: "Bob" }));
  equal([store.room("tea").unread, store.room("tea").read], [0, 5]);
});

test("a message that mentions the reader is counted as such", () => {
  const store = loaded();
  store.applyLine(line(4, { message_text: "ask @Bob, not bob@example.com" }));
  store.applyLine(line(5, { message_text: "write to x@bob.example" }));
  equal([store.room("tea").unread, store.room("tea").mentions], [2, 1]);
});

test("an edit changes the text and marks it", () => {
  const store = loaded();
  store.applyLine(fact(4, "edit", { offset: 2, message_text: "better" }));
  const message = store.room("tea").timeline.find(2);
  equal([message.text, message.edited, message.version], ["better", line(4).time, 1]);
});

test("a deleted message has no text and no reactions, and stays deleted", () => {
  const store = loaded();
  store.applyLine(fact(4, "reaction", { offset: 2, emoji: "👍", on: true }));
  store.applyLine(fact(5, "delete", { offset: 2 }));
  store.applyLine(fact(6, "edit", { offset: 2, message_text: "back" }));
  store.applyLine(fact(7, "reaction", { offset: 2, emoji: "👍", on: true }));
  const message = store.room("tea").timeline.find(2);
  equal([message.isDeleted, message.text, message.reactions.size], [true, "", 0]);
});

test("reactions are kept by name, once each, and can be taken back", () => {
  const store = loaded();
  const react = (offset, author, on) =>
    store.applyLine(fact(offset, "reaction", { offset: 1, emoji: "🎉", on }, { author }));
  react(4, "alice", true);
  react(5, "carol", true);
  react(6, "ALICE", true);
  equal([...store.room("tea").timeline.find(1).reactions], [["🎉", ["carol", "ALICE"]]]);
  react(7, "alice", false);
  react(8, "carol", false);
  equal(store.room("tea").timeline.find(1).reactions.size, 0);
});

test("a page that is older than the stream is brought up to date", () => {
  const store = loaded();
  store.applyLine(fact(4, "edit", { offset: 1, message_text: "better" }));
  store.loadPage("tea", lines(1, 3), "replace", { position: 3, hasStart: true, hasEnd: true });
  equal(texts(store), ["better", "text 2", "text 3"]);
});

test("a page that knows an amendment already does not get it twice", () => {
  const store = loaded();
  store.loadPage("tea", [line(1, { replies: 1 })], "replace", { position: 4, hasStart: true, hasEnd: true });
  store.applyLine(line(4, { reply_to: 1 }));
  equal(store.room("tea").timeline.find(1).replies, 1);
});

test("a message that came while its page was loading is not skipped", () => {
  const store = new Store();
  store.me = { name: "bob", isAccount: true };
  store.applyLine(line(4));
  store.loadPage("tea", lines(1, 3), "replace", { position: 3, hasStart: true, hasEnd: true });
  equal(store.room("tea").timeline.hasEnd, false);
  store.loadPage("tea", [line(4)], "newer", { position: 4, hasEnd: true });
  equal([texts(store).at(-1), store.room("tea").timeline.hasEnd], ["text 4", true]);
});

test("reading up to the newest message leaves nothing unread, here and on other devices", () => {
  const store = loaded();
  for (const one of lines(4, 6)) store.applyLine(one);
  equal(store.markRead("tea", 5), true);
  equal(store.room("tea").unread, 1);
  equal(store.markRead("tea", 6), true);
  equal(store.room("tea").unread, 0);
  equal(store.markRead("tea", 4), false);
  equal(store.room("tea").read, 6);
});

test("an own message is shown before it is sent, until its line comes back", () => {
  const store = loaded();
  store.addPending("tea", { id: "x", text: "hello", replyTo: null, time: line(1).time });
  equal(store.room("tea").pending.map((one) => [one.text, one.state]), [["hello", "sending"]]);
  store.setPending("tea", "x", "sent");
  store.applyLine(line(4, { author: "alice", id: "x" }));
  equal(store.room("tea").pending.length, 1, "after somebody else's line with the same id");
  store.applyLine(line(5, { author: "bob", id: "x", message_text: "hello" }));
  equal(store.room("tea").pending.length, 0);
});

test("a room's line gives it title, topic and members", () => {
  const store = loaded();
  store.applyLine(fact(4, "room", { op: "create", title: "Tea", topic: "leaves", members: ["bob"] },
    { channel: "@room-0123456789abcdef" }));
  const room = store.room("@room-0123456789abcdef");
  equal([store.title(room), room.topic, room.type], ["Tea", "leaves", "room"]);
  equal(store.roleOf(room, "ALICE"), "owner");
  store.applyLine(fact(5, "room", { op: "add", name: "carol", role: "moderator" },
    { channel: room.channel }));
  equal(store.roleOf(room, "carol"), "moderator");
  store.applyLine(fact(6, "room", { op: "set", title: "Coffee" }, { channel: room.channel }));
  equal([store.title(room), room.topic], ["Coffee", "leaves"]);
});

test("a private room disappears when one is removed from it", () => {
  const store = loaded();
  const channel = "@room-0123456789abcdef";
  store.applyLine(fact(4, "room", { op: "create", title: "Tea", members: ["bob", "carol"] }, { channel }));
  store.applyLine(fact(5, "room", { op: "remove", name: "carol" }, { channel }));
  equal(store.rooms.has(channel), true);
  store.applyLine(fact(6, "room", { op: "remove", name: "BOB" }, { channel }));
  equal(store.rooms.has(channel), false);
});

test("a direct conversation is called as the other one is", () => {
  const store = loaded();
  const room = store.loadRoom({ channel: `@${"0".repeat(32)}`, type: "direct", title: "", members: [
    { name: "Bob", role: "member" }, { name: "Alice", role: "member" }] });
  equal(store.title(room), "Alice");
});

test("private conversations that are gone from the list are forgotten, public ones stay", () => {
  const store = loaded();
  store.loadRoom({ channel: "@room-0123456789abcdef", title: "old" });
  store.loadConversations([{ channel: "@room-fedcba9876543210", type: "private", title: "new", unread: 2 }]);
  equal([...store.rooms.keys()].sort(), ["@room-fedcba9876543210", "tea"]);
});

test("lines of unknown kinds and strange shapes are passed over", () => {
  const store = loaded();
  const strange = [
    fact(4, "poll", { question: "?" }), fact(5, "edit", {}),
    fact(6, "edit", { offset: "2", message_text: "x" }),
    fact(7, "reaction", { offset: 1 }), fact(8, "delete", null), fact(9, "room", null), fact(10, "edit", []),
    line(11, { author: undefined }), line(12, { reply_to: "1" }),
    fact(13, "edit", { offset: 2, message_text: 5 }),
  ];
  for (const one of strange) store.applyLine(one);
  equal(texts(store), ["text 1", "text 2", "text 3", "text 11", "text 12"]);
  equal(store.position.offset, 13);
});

test("whoever types is shown for a few seconds, and until the message comes", () => {
  const store = loaded();
  store.typing("tea", "alice", 1000);
  store.typing("tea", "carol", 5000);
  store.typing("tea", "bob", 5000);
  equal(store.typists("tea", 6000), ["alice", "carol"]);
  equal(store.typists("tea", 8000), ["carol"]);
  store.applyLine(line(4, { author: "carol" }));
  equal(store.typists("tea", 8000), []);
});

test("presence that is not known any more is not shown as if it were", () => {
  const store = loaded();
  store.presence("alice", "online");
  equal(store.people.get("alice").state, "online");
  store.forgetPresence();
  equal(store.people.get("alice").state, null);
});
