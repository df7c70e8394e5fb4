// The middle of the page: a room's heading, its messages, who types, and where one writes.

import { fill, fillAnew, h, iconButton, oncePerFrame, picture } from "../dom.js";
import { ago, count, names } from "../format.js";
import { avatar } from "./avatar.js";
import { Composer } from "./composer.js";
import { TimelineView } from "./timeline.js";

const TYPING_CHECK_MILLISECONDS = 1000;

export class RoomView {
  #app;
  #room = null;

  constructor(app) {
    this.#app = app;
    this.timeline = new TimelineView(app);
    this.composer = new Composer(app);
    this.#heading = h("header", { class: "room-heading" });
    this.#typing = h("p", { class: "typing", role: "status", "aria-live": "polite" });
    this.#content = h("div", { class: "room-content" }, this.timeline.element, this.#typing,
      this.composer.element);
    this.#empty = h("div", { class: "empty" });
    this.element = h("main", { class: "main", id: "main" }, this.#heading, this.#content, this.#empty);
    this.updateHeading = oncePerFrame(() => this.#drawHeading());
    setInterval(() => this.updateTyping(), TYPING_CHECK_MILLISECONDS);
  }

  #heading;
  #typing;
  #content;
  #empty;

  get room() {
    return this.#room;
  }

  show(room) {
    this.#room = room;
    this.#content.hidden = !room;
    this.#heading.hidden = !room;
    this.#empty.hidden = Boolean(room);
    if (!room) return this.#drawEmpty();
    this.#drawHeading();
    this.composer.show(room);
    this.timeline.show(room);
    this.updateTyping();
  }

  update() {
    if (!this.#room) return this.#drawEmpty();
    this.updateHeading();
    this.composer.update();
    this.timeline.update();
  }

  #drawEmpty() {
    fill(this.#empty, picture("logo"), h("h1", null, "Nothing here yet"),
      h("p", null, "Open a conversation on the left, or start a new one."),
      h("button", { type: "button", class: "button primary", onclick: () => this.#app.openDialog("room") },
        "New room"));
  }

  #drawHeading() {
    const room = this.#room;
    if (!room) return;
    const title = this.#app.store.title(room);
    const unread = [...this.#app.store.rooms.values()].filter((one) => one.unread > 0 && one !== room).length;
    document.title = `${unread > 0 ? `(${unread}) ` : ""}${title} · Chat`;
    const presence = room.type === "direct" ? this.#person(title)?.state : null;
    const subtitle = this.#subtitle(room, title);
    const { channel, topic, type, members } = room;
    const hasSearch = this.#app.can("search");
    fillAnew(this.#heading, [channel, type, title, topic, subtitle, presence, hasSearch, members.length], () => [
      iconButton("back", "All conversations", () => this.#app.goHome(), { class: "icon-button back" }),
      type === "direct" ? avatar(title, presence)
        : h("span", { class: "room-sign" }, picture(type === "room" ? "lock" : "hash")),
      h("div", { class: "room-names" }, h("h1", null, h("bdi", null, title)),
        h("p", { class: "room-topic", dir: "auto", title: topic }, subtitle)),
      hasSearch && iconButton("search", "Search in this room", () =>
        this.#app.openPanel({ type: "search", channel })),
      members.length > 0 && type !== "direct" && h("button", { type: "button", class: "members-button",
        "aria-label": `${count(members.length, "member")}: show them`,
        onclick: () => this.#app.openPanel({ type: "members" }) }, picture("people"),
        String(members.length))]);
  }

  #person(name) {
    return this.#app.store.people.get(name.toLowerCase()) ?? null;
  }

  #subtitle(room, title) {
    if (room.type !== "direct") return room.topic || (room.type === "room" ? "Private room" : "Public room");
    const person = this.#person(title);
    if (person?.isDeleted) return "This account was deleted";
    if (person?.state === "offline" && person.lastSeen) return `Last seen ${ago(person.lastSeen)}`;
    return { online: "Online", away: "Away", offline: "Offline" }[person?.state] ?? "Direct message";
  }

  updateTyping() {
    if (!this.#room) return;
    const typists = this.#app.store.typists(this.#room.channel, Date.now());
    const text = typists.length === 0 ? "" :
      `${names(typists)} ${typists.length === 1 ? "is" : "are"} typing…`;
    if (this.#typing.textContent !== text) this.#typing.textContent = text;
    this.#typing.classList.toggle("is-active", text !== "");
  }
}

/** What stands above a room's first message. */
export function roomIntroduction(app, room) {
  const title = app.store.title(room);
  const text = room.type === "direct" ? ["This is the beginning of your conversation with ",
    h("bdi", null, title), "."]
    : ["This is the beginning of ", h("bdi", { class: "author" }, title), "."];
  return h("div", { class: "introduction" },
    room.type === "direct" ? avatar(title)
      : h("span", { class: "introduction-sign" }, picture(room.type === "room" ? "lock" : "hash")),
    h("h2", null, h("bdi", null, title)), h("p", null, text),
    room.topic && h("p", { class: "introduction-topic", dir: "auto" }, room.topic));
}
