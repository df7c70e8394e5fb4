// All that the page knows, folded from the log's lines and the server's answers. No network, no clock, no
// elements: what comes in are lines, control objects and pages; what goes out are the names of what changed.

import { amend, amendmentOf, doesMention, isSameName, messageFrom } from "./messages.js";
import { Timeline } from "./timeline.js";

/** Amendments that are kept for pages which were read before them. */
const KEPT_AMENDMENTS_MAX = 2000;
const TYPING_MILLISECONDS = 6000;
/** How the server calls a room's type, and how it is called here. */
const TYPES = { private: "room", public: "public", direct: "direct" };

/** `EPOCH:OFFSET` as an object; null for anything else. */
export function parsePosition(text) {
  const match = /^([0-9a-f]{16}):(\d{1,16})$/.exec(text ?? "");
  return match && { epoch: match[1], offset: Number(match[2]) };
}

class Room {
  title = "";
  topic = "";
  /** {name, role}; empty for public rooms without a list. */
  members = [];
  /** Its newest message; null: none, or none known. */
  last = null;
  unread = 0;
  mentions = 0;
  /** Up to which offset it was read. */
  read = 0;
  timeline = new Timeline();
  isLoaded = false;
  /** Topic and members were asked for. */
  isDescribed = false;
  /** Own messages on their way. */
  pending = [];
  /** name → until when (milliseconds). */
  typing = new Map();

  constructor(channel) {
    this.channel = channel;
    this.type = channel.startsWith("@room-") ? "room" : channel.startsWith("@") ? "direct" : "public";
  }
}

export class Store {
  /** Who uses the page: {name, isAccount}; null before. */
  me = null;
  rooms = new Map();
  /** lowercase name → {name, state, lastSeen, isDeleted, isAccount} */
  people = new Map();
  position = null;
  #amendments = [];
  #listeners = new Set();

  /** `listener(topic, channel)`: "rooms", "people", "room" or "typing" with a channel. */
  subscribe(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #changed(topic, channel = null) {
    for (const listener of this.#listeners) listener(topic, channel);
  }

  /** Forgets everything but who uses the page: the log became another one, or somebody else signed in. */
  reset() {
    this.rooms.clear();
    this.people.clear();
    this.position = null;
    this.#amendments = [];
    this.#changed("rooms");
    this.#changed("people");
  }

  // Rooms

  room(channel) {
    let room = this.rooms.get(channel);
    if (!room) {
      room = new Room(channel);
      this.rooms.set(channel, room);
    }
    return room;
  }

  /** The name that is shown: of a direct conversation the other one's. */
  title(room) {
    if (room.type === "direct") {
      const other = room.members.find((member) => !this.isMe(member.name));
      return other?.name ?? (room.title || (room.members.length ? "Yourself" : "Direct message"));
    }
    return room.title || room.channel;
  }

  isMe(name) {
    return this.me !== null && isSameName(this.me.name, name);
  }

  roleOf(room, name) {
    return room.members.find((member) => isSameName(member.name, name))?.role ?? null;
  }

  /** The newest of `/conversations`; rooms that are not in it are gone, unless they are public. */
  loadConversations(list) {
    const named = new Set(list.map((one) => one.channel));
    for (const one of list) this.loadRoom(one);
    for (const room of this.rooms.values()) {
      if (room.type !== "public" && !named.has(room.channel)) this.rooms.delete(room.channel);
    }
    this.#changed("rooms");
  }

  /** What an answer says of one room; fields that it lacks stay as they are. */
  loadRoom(answer) {
    const room = this.room(answer.channel);
    room.type = TYPES[answer.type] ?? room.type;
    room.title = answer.title ?? room.title;
    room.topic = answer.topic ?? room.topic;
    room.members = answer.members?.map(memberFrom) ?? room.members;
    room.unread = answer.unread ?? room.unread;
    room.mentions = answer.mentions ?? room.mentions;
    room.read = Math.max(room.read, answer.read ?? 0);
    if (answer.last && answer.last.offset >= (room.last?.offset ?? 0)) room.last = messageFrom(answer.last);
    this.#changed("rooms");
    this.#changed("room", room.channel);
    return room;
  }

  removeRoom(channel) {
    this.rooms.delete(channel);
    this.#changed("rooms");
    this.#changed("room", channel);
  }

  // Lines

  /** One line of the log; one that was seen before changes nothing. `isJoined`: everything before it was
   * seen too, so the stream may be resumed from it. */
  applyLine(line, isJoined = true) {
    if (isJoined) this.#advance(line.offset);
    const amendment = amendmentOf(line);
    if (amendment) this.#applyAmendment(line, amendment);
    if (line.kind === undefined && typeof line.message_text === "string") this.#applyMessage(line);
    else if (line.kind === "room") this.#applyRoom(line);
  }

  /** Everything up to here was seen. */
  reached(position) {
    const { position: old } = this;
    if (!position || (old?.epoch === position.epoch && old.offset > position.offset)) return;
    this.position = position;
  }

  #advance(offset) {
    if (this.position && offset > this.position.offset) this.position = { ...this.position, offset };
  }

  #applyMessage(line) {
    const room = this.room(line.channel);
    const message = messageFrom(line);
    const isBack = (one) => one.id === message.id && isSameName(one.author, message.author);
    room.pending = room.pending.filter((one) => !isBack(one));
    const isNew = message.offset > (room.last?.offset ?? 0);
    if (isNew) {
      room.last = message;
      this.#count(room, message);
      room.typing.delete(message.author);
    }
    room.timeline.append(message);
    this.#meet(message.author);
    this.#changed("room", room.channel);
    if (isNew) this.#changed("rooms");
  }

  #count(room, message) {
    if (this.isMe(message.author)) {
      room.read = Math.max(room.read, message.offset);
      room.unread = 0;
      room.mentions = 0;
    } else if (message.offset > room.read) {
      room.unread += 1;
      if (this.me && doesMention(message.text, this.me.name)) room.mentions += 1;
    }
  }

  #applyAmendment(line, { target, change }) {
    this.#amendments.push({ channel: line.channel, offset: line.offset, target, change });
    if (this.#amendments.length > KEPT_AMENDMENTS_MAX) this.#amendments.shift();
    const room = this.rooms.get(line.channel);
    if (!room) return;
    const copies = new Set([room.timeline.find(target), room.last?.offset === target ? room.last : null]);
    for (const message of copies) if (message) amend(message, line.offset, change);
    this.#changed("room", line.channel);
    if (room.last?.offset === target) this.#changed("rooms");
  }

  #applyRoom(line) {
    const room = this.room(line.channel);
    const data = line.data ?? {};
    const others = room.members.filter((member) => !isSameName(member.name, data.name ?? ""));
    if (data.op === "create" || data.op === "set") {
      room.title = data.title ?? room.title;
      room.topic = data.topic ?? room.topic;
    }
    if (data.op === "create" || data.op === "direct") {
      room.members = (data.members ?? []).map(memberFrom);
      if (data.op === "create" && !room.members.some((one) => isSameName(one.name, line.author ?? ""))) {
        room.members.unshift({ name: line.author ?? "", role: "owner" });
      }
    } else if (data.op === "add" || data.op === "role") {
      room.members = [...others, memberFrom(data)];
    } else if (data.op === "remove") {
      room.members = others;
      if (this.isMe(data.name ?? "") && room.type !== "public") return this.removeRoom(room.channel);
    }
    this.#changed("rooms");
    this.#changed("room", room.channel);
  }

  // Pages of history

  /** A page of `/messages/{channel}`. `where`: "older", "newer", or "replace" with what it reaches to.
   * `position`: the log's offset that the page is of. */
  loadPage(channel, lines, where, { position = 0, hasStart = false, hasEnd = false } = {}) {
    const room = this.room(channel);
    const messages = lines.map((line) => this.#current(messageFrom(line, position)));
    if (where === "older") room.timeline.addOlder(messages, hasStart);
    else if (where === "newer") room.timeline.addNewer(messages, hasEnd);
    else room.timeline.replace(messages, { hasStart, hasEnd });
    room.isLoaded = true;
    const last = room.timeline.hasEnd ? room.timeline.last : null;
    if (last && last.offset >= (room.last?.offset ?? 0)) room.last = last;
    // What came over the stream while the page was under way is not in it.
    if (room.timeline.hasEnd && room.last && room.last.offset > (last?.offset ?? 0)) {
      room.timeline.hasEnd = false;
    }
    for (const message of messages) this.#meet(message.author);
    this.#changed("room", channel);
  }

  /** Brings a message from a page up to the stream's position. */
  #current(message) {
    for (const { channel, offset, target, change } of this.#amendments) {
      if (target === message.offset && channel === message.channel) amend(message, offset, change);
    }
    return message;
  }

  // Reading

  /** Everything up to `offset` was read, here or on another device. Returns whether that is news. */
  markRead(channel, offset) {
    const room = this.room(channel);
    if (offset <= room.read && room.unread === 0) return false;
    const isNews = offset > room.read;
    room.read = Math.max(room.read, offset);
    this.#recount(room);
    this.#changed("rooms");
    return isNews;
  }

  /** By what is loaded; where that does not reach back to the mark, the number stays until all is read. */
  #recount(room) {
    if (!room.last || room.last.offset <= room.read) {
      room.unread = 0;
      room.mentions = 0;
      return;
    }
    const { timeline } = room;
    if (!timeline.hasEnd || !(timeline.hasStart || timeline.first?.offset <= room.read + 1)) return;
    const unread = timeline.messages.slice(timeline.index(room.read + 1)).filter((message) =>
      !message.isDeleted && !this.isMe(message.author));
    room.unread = unread.length;
    room.mentions = unread.filter((message) => this.me && doesMention(message.text, this.me.name)).length;
  }

  // Own messages on their way

  addPending(channel, { id, text, replyTo, time }) {
    const room = this.room(channel);
    room.pending.push({ id, text, replyTo, time, channel, author: this.me.name, state: "sending",
      reason: null, version: 0 });
    this.#changed("room", channel);
  }

  /** `state`: "sending", "waiting" (tried again later), "sent" (not come back yet) or "failed". */
  setPending(channel, id, state, reason = null) {
    const room = this.room(channel);
    const pending = room.pending.find((one) => one.id === id);
    if (!pending) return;
    Object.assign(pending, { state, reason, version: pending.version + 1 });
    this.#changed("room", channel);
  }

  removePending(channel, id) {
    const room = this.room(channel);
    room.pending = room.pending.filter((one) => one.id !== id);
    this.#changed("room", channel);
  }

  // What is never in the log

  typing(channel, name, now) {
    if (this.isMe(name)) return;
    this.room(channel).typing.set(name, now + TYPING_MILLISECONDS);
    this.#changed("typing", channel);
  }

  /** Who types in a room, at `now`. */
  typists(channel, now) {
    const typing = this.rooms.get(channel)?.typing ?? new Map();
    for (const [name, until] of typing) if (until <= now) typing.delete(name);
    return [...typing.keys()];
  }

  presence(name, state, lastSeen = null) {
    const person = this.#meet(name);
    if (!person) return;
    // Only accounts have a presence: this one may be newer than the list that was read.
    person.isAccount = true;
    person.state = state;
    person.lastSeen = lastSeen ?? person.lastSeen;
    this.#changed("people");
  }

  /** Presence is not known any more: everybody's is shown as unknown. */
  forgetPresence() {
    for (const person of this.people.values()) person.state = null;
    this.#changed("people");
  }

  loadAccounts(list) {
    for (const account of list) {
      const person = this.#meet(account.name);
      if (person) Object.assign(person, { isAccount: true, isDeleted: Boolean(account.deleted) });
    }
    this.#changed("people");
  }

  #meet(name) {
    if (!name) return null;
    const key = name.toLowerCase();
    let person = this.people.get(key);
    if (!person) {
      person = { name, state: null, lastSeen: null, isAccount: false, isDeleted: false };
      this.people.set(key, person);
      this.#changed("people");
    }
    return person;
  }
}

/** `/rooms` gives objects, a room's line names or objects. */
function memberFrom(member) {
  return typeof member === "string" ? { name: member, role: "member" }
    : { name: member.name, role: member.role ?? "member" };
}
