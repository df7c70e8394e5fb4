// The list of conversations and people, and who uses the page.

import { fillAnew, h, iconButton, oncePerFrame, picture, place } from "../dom.js";
import { ago, briefTime, count } from "../format.js";
import { avatar } from "./avatar.js";

const PEOPLE_MAX = 50;
/** The others are found by "Jump to". */
const ROOMS_MAX = 150;
const PRESENCE_WORDS = { online: "online", away: "away", offline: "offline" };
const PRESENCE_ORDER = { online: 0, away: 1 };

export class Sidebar {
  #app;

  constructor(app) {
    this.#app = app;
    this.#rooms = section("Rooms", "New room", () => app.openDialog("room"));
    this.#directs = section("Direct messages", "New message", () => app.openDialog("direct"));
    this.#people = section("People");
    this.#me = h("div", { class: "me" });
    this.element = h("nav", { class: "sidebar", "aria-label": "Conversations" },
      h("header", { class: "sidebar-heading" }, h("span", { class: "brand" }, picture("logo"), "Chat"),
        this.#search = iconButton("search", "Search messages (/)", () => app.openPanel({ type: "search" }))),
      h("button", { type: "button", class: "switcher-button", onclick: () => app.openDialog("switcher") },
        picture("search"), "Jump to…", h("kbd", null, "Ctrl K")),
      h("div", { class: "sidebar-lists" }, this.#rooms.element, this.#directs.element, this.#people.element),
      this.#me);
    this.update = oncePerFrame(() => this.#draw());
  }

  #rooms;
  #directs;
  #people;
  #me;
  #search;

  #draw() {
    const { store } = this.#app;
    const rooms = [...store.rooms.values()].sort(byNewest);
    this.#drawRooms(this.#rooms, rooms.filter((room) => room.type !== "direct"));
    this.#drawRooms(this.#directs, rooms.filter((room) => room.type === "direct"));
    this.#directs.element.hidden = !this.#app.can("private");
    this.#search.hidden = !this.#app.can("search");
    this.#drawPeople();
    this.#drawMe();
  }

  #drawRooms(section, rooms) {
    const shown = rooms.filter((room, index) => index < ROOMS_MAX || room.channel === this.#app.ui.channel);
    const more = rooms.length - shown.length;
    const items = shown.map((room) => this.#roomItem(room));
    if (more > 0) items.push({ key: "more", signature: more, make: () => this.#more(more) });
    section.shown = place(section.list, section.shown, items);
  }

  #more(number) {
    return h("li", null, h("button", { type: "button", class: "link more-rooms",
      onclick: () => this.#app.openDialog("switcher") }, `${count(number, "more room")}…`));
  }

  #roomItem(room) {
    const { store, ui } = this.#app;
    const title = store.title(room);
    const isCurrent = ui.channel === room.channel;
    const unread = isCurrent && this.#app.isReading() ? 0 : room.unread;
    const presence = room.type === "direct" ? this.#presence(title) : null;
    const { offset, version } = room.last ?? {};
    return {
      key: room.channel,
      signature: JSON.stringify([title, isCurrent, unread, room.mentions, presence, offset, version,
        room.topic,
        room.last && briefTime(room.last.time)]),
      make: () => h("li", null, this.#room(room, { title, isCurrent, unread, presence })),
    };
  }

  #room(room, { title, isCurrent, unread, presence }) {
    const words = unread ? `, ${unread} unread${room.mentions ? `, ${room.mentions} mention you` : ""}` : "";
    return h("a", {
      href: this.#app.address(room.channel), class: unread ? "room is-unread" : "room",
      "aria-current": isCurrent ? "page" : null, "data-channel": room.channel,
        "aria-label": `${title}${words}` },
      room.type === "direct" ? avatar(title, presence)
        : h("span", { class: "room-sign" }, picture(room.type === "room" ? "lock" : "hash")),
      h("span", { class: "room-text" },
        h("span", { class: "room-line" }, h("bdi", { class: "room-title" }, title),
          room.last && h("time", { datetime: room.last.time }, briefTime(room.last.time))),
        this.#preview(room)),
      unread > 0 && h("span", { class: room.mentions ? "badge mentions" : "badge" },
        room.mentions ? `@${Math.min(room.mentions, 99)}` : unread > 99 ? "99+" : String(unread)));
  }

  #preview(room) {
    if (!room.last) return h("span", { class: "room-preview" }, room.topic || "No messages yet");
    const { author, text, isDeleted } = room.last;
    const who = this.#app.store.isMe(author) ? "You: " : room.type === "direct" ? ""
      : `${author || "Somebody"}: `;
    return h("span", { class: "room-preview", dir: "auto" }, who,
      isDeleted ? "deleted message" : text.slice(0, 120));
  }

  #presence(name) {
    return this.#app.store.people.get(name.toLowerCase())?.state ?? null;
  }

  #drawPeople() {
    const { store } = this.#app;
    const people = [...store.people.values()].filter((person) => !person.isDeleted &&
      !store.isMe(person.name))
      .sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name)).slice(0, PEOPLE_MAX);
    this.#people.element.hidden = people.length === 0;
    this.#people.shown = place(this.#people.list, this.#people.shown, people.map((person) => ({
      key: person.name.toLowerCase(),
      signature: JSON.stringify([person, this.#app.can("private"), person.lastSeen && ago(person.lastSeen)]),
      make: () => h("li", null, this.#person(person)),
    })));
  }

  #person(person) {
    const state = PRESENCE_WORDS[person.state];
    const seen = person.state === "offline" && person.lastSeen ? `last seen ${ago(person.lastSeen)}` : state;
    const content = [avatar(person.name, person.state), h("bdi", { class: "room-title" }, person.name),
      person.state === "offline" && person.lastSeen &&
        h("span", { class: "person-seen" }, ago(person.lastSeen))];
    const label = [person.name, seen].filter(Boolean).join(", ");
    if (!this.#app.can("private") || !person.isAccount) {
      return h("span", { class: "room person", title: label, "aria-label": label }, content);
    }
    return h("button", { type: "button", class: "room person", title: `Message ${label}`,
      "aria-label": `Message ${label}`, onclick: () => this.#app.openDirect(person.name) }, content);
  }

  #drawMe() {
    const { me } = this.#app.store;
    if (!me) return;
    fillAnew(this.#me, [me.name, me.isAccount], () => [avatar(me.name),
      h("span", { class: "me-text" }, h("bdi", { class: "me-name" }, me.name),
        h("span", { class: "me-kind" }, me.isAccount ? "Signed in" : "Guest")),
      iconButton("settings", me.isAccount ? "Account" : "Change name or sign in", () =>
        this.#app.openDialog("account"))]);
  }
}

function byNewest(a, b) {
  return (b.last?.offset ?? 0) - (a.last?.offset ?? 0) || a.channel.localeCompare(b.channel);
}

function rank(person) {
  return PRESENCE_ORDER[person.state] ?? 2;
}

function section(title, actionLabel, onclick) {
  const list = h("ul", { class: "room-list" });
  const action = onclick ? iconButton("add", actionLabel, onclick) : h("span", null);
  const element = h("section", { class: "sidebar-section", "aria-label": title },
    h("header", null, h("h2", null, title), action), list);
  return { element, list, shown: new Map() };
}
