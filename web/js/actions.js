// What people do: each is a request to the server, and shows its result through the store.

import { messageFrom, doesMention, isSameName } from "./messages.js";
import { confirm } from "./views/dialogs.js";

/** The half of the app that acts. */
export class Actions {
  // What may be done

  /** "post", "amend" (edit, delete, react), "private" (rooms and direct messages), "rooms", "search". */
  can(what) {
    const { me } = this.store;
    if (what === "search") return this.features.search;
    if (what === "post") return me !== null && (me.isAccount || this.features.isGuestAllowed);
    if (what === "amend") return me !== null && this.features.conversations;
    return me?.isAccount === true;
  }

  mayEdit(message) {
    return this.can("amend") && this.store.isMe(message.author) && !message.isDeleted;
  }

  mayDelete(message) {
    if (!this.can("amend") || message.isDeleted) return false;
    const role = this.store.roleOf(this.store.room(message.channel), this.store.me.name);
    return this.store.isMe(message.author) || role === "owner" || role === "moderator";
  }

  mentionsMe(message) {
    return this.store.me !== null && !this.store.isMe(message.author) &&
      doesMention(message.text, this.store.me.name);
  }

  /** People to mention in a room: its members, or everybody who is known. */
  peopleIn(room) {
    const others = [...this.store.people.values()]
      .filter((one) => !one.isDeleted && !this.store.isMe(one.name));
    if (room.type === "public") return others;
    return others.filter((one) => room.members.some((member) => isSameName(member.name, one.name)));
  }

  // Going about

  address(channel) {
    return `#/${encodeURIComponent(channel)}`;
  }

  openRoom(channel) {
    location.hash = this.address(channel);
  }

  goHome() {
    location.hash = "#/";
  }

  /** The room `step` places further in the list. */
  stepRoom(step) {
    const links = [...this.sidebar.element.querySelectorAll("a.room")];
    const at = links.findIndex((link) => link.dataset.channel === this.ui.channel);
    links[(at + step + links.length) % links.length]?.click();
  }

  openThread(offset) {
    this.openPanel({ type: "thread", offset });
  }

  // Messages

  sendMessage(channel, text, replyTo) {
    this.outbox.send(channel, text, replyTo);
    const { timeline } = this.roomView;
    if (!timeline.isAtEnd && replyTo === null) this.attempt(() => timeline.toNewest());
  }

  reply(message) {
    this.roomView.composer.setReply(message);
  }

  /** Opens the editor in the place of a message's text; null closes it. */
  edit(message) {
    this.ui.editing = message?.offset ?? null;
    this.roomView.timeline.update();
    this.updatePanel();
    if (!message) this.roomView.composer.focus();
  }

  editLast() {
    const { messages } = this.roomView.room.timeline;
    const last = messages.findLast((message) => this.mayEdit(message));
    if (last) this.edit(last);
  }

  async saveEdit(message, text) {
    const isDone = await this.attempt(() => this.api.edit(message.channel, message.offset, text));
    if (isDone) this.edit(null);
  }

  async confirmDelete(message) {
    const isWanted = await confirm("Delete this message?", message.text.slice(0, 300), "Delete");
    if (isWanted) await this.attempt(() => this.api.delete(message.channel, message.offset));
  }

  async react(message, emoji, isOn) {
    await this.attempt(() => this.api.react(message.channel, message.offset, emoji, isOn));
  }

  /** Messages of a channel that are not kept in its timeline. */
  async readPage(channel, query) {
    const { body, position } = await this.api.messages(channel, query);
    return body.map((line) => messageFrom(line, Number(position?.split(":")[1] ?? 0)));
  }

  // Rooms

  async createRoom({ title, topic, isPrivate, members }) {
    if (!this.can("rooms")) return this.#openChannel(title);
    const room = { title, ...(topic && { topic }) };
    if (isPrivate) room.members = members;
    else room.channel = channelName(title);
    return this.#open(await this.api.createRoom(room));
  }

  /** Without an account a room begins with its first message. */
  #openChannel(title) {
    this.store.loadRoom({ channel: channelName(title) });
    this.openRoom(channelName(title));
    return true;
  }

  #open(room) {
    this.store.loadRoom(room);
    this.openRoom(room.channel);
    return true;
  }

  async openDirect(name) {
    return this.attempt(async () => this.#open(await this.api.direct(name)));
  }

  async changeRoom(room, changes) {
    this.store.loadRoom(await this.api.changeRoom(room.channel, changes));
    return true;
  }

  async setMember(room, name, role) {
    return this.#changeMembers(room, () => this.api.setMember(room.channel, name, role));
  }

  async removeMember(room, name) {
    const isWanted = await confirm("Remove from the room?", name, "Remove");
    return isWanted && this.#changeMembers(room, () => this.api.removeMember(room.channel, name));
  }

  async #changeMembers(room, change) {
    const answer = await this.attempt(change);
    if (!answer) return false;
    if (answer.members) this.store.loadRoom(answer);
    if (this.ui.panel?.type === "members") this.openPanel({ type: "members" });
    return true;
  }

  async leave(room) {
    if (!await confirm("Leave this room?", this.store.title(room), "Leave")) return;
    const isDone = await this.attempt(() => this.api.removeMember(room.channel, this.store.me.name));
    if (!isDone) return;
    this.openPanel(null);
    if (room.type !== "public") this.store.removeRoom(room.channel);
  }

  // The account

  signOut() {
    this.session.signOut();
    this.store.me = null;
    this.openPanel(null);
    this.askWhoItIs(null);
  }

  async signOutEverywhere() {
    if (await this.attempt(() => this.api.signOutEverywhere())) this.signOut();
  }

  async changePassword(password, newPassword) {
    const answer = await this.api.changePassword(this.store.me.name, password, newPassword);
    this.session.signIn(answer);
    this.stream.connect();
    return true;
  }

  async deleteAccount(password) {
    await this.api.deleteAccount(this.store.me.name, password);
    this.signOut();
    return true;
  }
}

/** A public room's channel: its title without what a channel's name may not have. */
function channelName(title) {
  const name = title.trim().replace(/[\s/]+/gu, "-").replace(/^[@$]+/u, "").replace(/\p{Cc}/gu, "");
  return name.toLowerCase() || "room";
}
