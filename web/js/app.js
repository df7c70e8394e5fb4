// Puts the page together: session, server, store, stream and views. What people do is in actions.js.

import { Actions } from "./actions.js";
import { API, Refusal } from "./api.js";
import { announce, fill, h, oncePerFrame } from "./dom.js";
import { clockTime } from "./format.js";
import { History } from "./history.js";
import { doesMention } from "./messages.js";
import { Outbox } from "./outbox.js";
import { Session } from "./session.js";
import { handleShortcuts } from "./shortcuts.js";
import { parsePosition, Store } from "./store.js";
import { Stream } from "./stream.js";
import { drawPanel } from "./views/panel.js";
import { editor } from "./views/composer.js";
import { dialogs } from "./views/dialogs.js";
import { roomIntroduction, RoomView } from "./views/room.js";
import { Sidebar } from "./views/sidebar.js";
import { StatusBar } from "./views/status.js";
import { drawWelcome } from "./views/welcome.js";

const ACCOUNTS_LISTED = 200;
const CHANNELS_FOUND_FROM = 1000;
const GUEST_UNREAD_MAX = 100;
const READ_DELAY_MILLISECONDS = 400;
const DEFAULT_CHANNEL = "default-channel";

class App extends Actions {
  session = new Session();
  store = new Store();
  api = new API(() => this.session.token, () => this.store.me?.name ?? "");
  history = new History(this.api, this.store);
  outbox = new Outbox(this.api, this.store, (refusal) => refusal.status === 401 &&
    this.#checkSession(refusal));
  /** What of the page is shown. */
  ui = { channel: null, panel: null, editing: null };
  /** What this server has. */
  features = { accounts: false, reason: null, isGuestAllowed: true, search: false, conversations: false };
  #readTimers = new Map();

  constructor() {
    super();
    this.welcome = document.getElementById("welcome");
    this.chat = document.getElementById("chat");
    this.stream = new Stream(() => ({ position: this.#positionText(), token: this.session.token }), {
      line: (line, isJoined) => this.#line(line, isJoined),
      control: (object) => this.#control(object),
      state: () => this.#streamState(),
      reset: () => this.load(),
      signedOut: () => this.#checkSession(),
    });
    this.sidebar = new Sidebar(this);
    this.roomView = new RoomView(this);
    this.status = new StatusBar(this);
    this.panel = h("aside", { class: "panel", "aria-label": "Details", hidden: true });
    this.accountList = h("datalist", { id: "accounts" });
    fill(this.chat, this.status.element, h("div", { class: "columns" }, this.sidebar.element,
      this.roomView.element,
      this.panel), this.accountList);
    this.store.subscribe((topic, channel) => this.#changed(topic, channel));
    this.listAccounts = oncePerFrame(() => this.#listAccounts());
    this.updatePanel = oncePerFrame(() => this.ui.panel?.update?.());
    addEventListener("hashchange", () => this.#route());
    for (const name of ["focus", "blur"]) addEventListener(name, () => this.#attention());
    document.addEventListener("visibilitychange", () => this.#attention());
    // A browser may keep a page that was left, with its connection: to the others its person is gone.
    addEventListener("pagehide", () => {
      for (const channel of this.#readTimers.keys()) this.#keepReadMark(channel);
      this.stream.disconnect();
    });
    addEventListener("pageshow", (event) => event.persisted && this.store.me && this.stream.connect());
    handleShortcuts(this);
  }

  // Entering

  async begin() {
    await this.#discover();
    if (!this.session.current) return this.askWhoItIs();
    await this.enter();
  }

  /** Learns what this server offers, and whether the session is still good. */
  async #discover() {
    const [session, list] = await Promise.all([this.#statusOf(() => this.api.session()),
      this.#statusOf(() => this.api.conversations())]);
    const hasToken = this.session.token !== null;
    this.features.isGuestAllowed = hasToken || list.status !== 401;
    // Without a token: 403 where there are accounts, 401 where everybody must have one.
    this.features.accounts = [200, 401, 403].includes(session.status) || (session.status === 0 && hasToken);
    this.features.reason = session.status === 503 ? session.message : null;
    if (!hasToken || ![401, 404, 503].includes(session.status)) return;
    this.notice = session.status === 401 ? "Please sign in again." : null;
    this.session.signOut();
  }

  /** {status, message} of an answer; 0: there was none. */
  async #statusOf(request) {
    return request().then(() => ({ status: 200 }), ({ status, message }) => ({ status, message }));
  }

  askWhoItIs(notice = this.notice) {
    this.notice = null;
    this.stream.disconnect();
    this.chat.hidden = true;
    this.welcome.hidden = false;
    document.title = "Chat";
    const { accounts, isGuestAllowed, reason } = this.features;
    const possible = [...(accounts ? ["signIn", "register"] : []),
      ...(isGuestAllowed || !accounts ? ["guest"] : [])];
    drawWelcome(this.welcome, {
      possible, notice, reason: reason && `Accounts and private conversations: ${reason}`,
      enter: async (tab, name, password) => {
        if (tab === "guest") this.session.signIn(await this.#guest(name));
        else if (tab === "register") this.session.signIn(await this.api.register(name, password));
        else this.session.signIn(await this.api.signIn(name, password));
        await this.enter();
      } });
  }

  /** A name that nobody has an account for. */
  async #guest(name) {
    const { status } = this.features.accounts ? await this.#statusOf(() => this.api.account(name)) : {};
    if (status === 200) throw new Error("This name belongs to an account. Sign in, or choose another.");
    return { name };
  }

  async enter() {
    const { name, token } = this.session.current;
    this.store.me = { name, isAccount: token !== null };
    this.welcome.hidden = true;
    this.chat.hidden = false;
    const { status } = await this.#statusOf(() => this.api.search({ q: "a", limit: 1 }));
    this.features.search = ![404, 405, 501].includes(status);
    await this.load();
    this.outbox.restore();
  }

  // Loading

  /** Everything anew: at the start, after signing in, and when the log became another one. */
  async load() {
    this.stream.disconnect();
    this.store.reset();
    this.sidebar.update();
    try {
      const state = await this.api.state();
      this.store.reached(parsePosition(`${state.epoch}:${state.offset}`));
      await this.#loadConversations();
    } catch (refusal) {
      this.trouble(refusal);
    }
    this.stream.connect();
    this.#route();
    if (this.features.accounts) this.#loadAccounts();
  }

  async #loadConversations() {
    if (await this.#hasConversations()) return;
    const { body } = await this.api.allMessages({ last: CHANNELS_FOUND_FROM });
    for (const line of body) this.store.loadRoom({ channel: line.channel, last: line });
    await this.#countForGuest();
  }

  async #hasConversations() {
    try {
      const { body, position } = await this.api.conversations();
      this.features.conversations = true;
      this.store.reached(parsePosition(position));
      this.store.loadConversations(body);
      if (!this.store.me.isAccount) await this.#countForGuest();
      return true;
    } catch (refusal) {
      if (refusal instanceof Refusal && refusal.isMissing) return false;
      throw refusal;
    }
  }

  /** Who has no account is told what is new since this browser was here last. */
  async #countForGuest() {
    const marks = this.session.readMarks(this.store.position?.epoch);
    const isFirstVisit = Object.keys(marks).length === 0;
    await Promise.all([...this.store.rooms.values()].map(async (room) => {
      const last = room.last?.offset ?? 0;
      room.read = isFirstVisit ? last : marks[room.channel] ?? 0;
      if (room.read >= last) return this.store.loadRoom({ channel: room.channel, unread: 0 });
      const { body } = await this.api.messages(room.channel, { after: room.read, limit: GUEST_UNREAD_MAX });
      const unread = body.filter((line) => !this.store.isMe(line.author ?? ""));
      this.store.loadRoom({ channel: room.channel, unread: unread.length,
        mentions: unread.filter((line) => doesMention(line.message_text ?? "", this.store.me.name)).length });
    }));
  }

  async #loadAccounts() {
    const list = await this.api.accounts({ limit: ACCOUNTS_LISTED }).catch(() => []);
    this.store.loadAccounts(list);
  }

  // The stream

  #positionText() {
    const { position } = this.store;
    return position && `${position.epoch}:${position.offset}`;
  }

  #line(line, isJoined) {
    this.store.applyLine(line, isJoined);
    if (line.channel === this.ui.channel && line.message_text) this.#arrived(line);
    // Its line has names as keys, not as they are spelled.
    if (line.kind === "room" && isJoined && this.store.rooms.has(line.channel)) this.#describe(line.channel);
  }

  #arrived(line) {
    if (this.store.isMe(line.author ?? "")) return;
    if (this.isReading()) this.seen();
    announce(`${line.author ?? "Somebody"}: ${line.message_text}`);
  }

  #control(object) {
    const position = parsePosition(object.position);
    switch (object.type) {
      case "live":
      case "position":
        this.store.reached(position);
        break;
      case "hello":
        if (!this.store.position) this.store.reached(position);
        break;
      case "typing":
        this.store.typing(object.channel, object.name ?? object.author ?? "", Date.now());
        break;
      case "presence":
        for (const one of object.people ?? [object]) {
          this.store.presence(one.name, one.state, one.last_seen ?? null);
        }
        break;
      case "read":
        this.store.markRead(object.channel, object.offset);
        break;
    }
  }

  #streamState() {
    this.status?.update();
    if (this.stream.state === "live") {
      this.outbox.hurry();
      this.#attention();
    } else if (this.stream.state === "waiting") {
      this.store.forgetPresence();
    }
  }

  /** After a 401, or a socket that was closed for it: whoever is not known any more begins anew. */
  async #checkSession(refusal = null) {
    if (!this.session.current) return;
    if (!this.session.token) return this.#leave(refusal?.message ?? "Please sign in.");
    const { status } = await this.#statusOf(() => this.api.session());
    if (status === 401) this.#leave("You were signed out. Please sign in again.");
  }

  #leave(notice) {
    this.session.signOut();
    this.store.me = null;
    this.openPanel(null);
    this.askWhoItIs(notice);
  }

  // Showing

  #changed(topic, channel) {
    if (topic === "rooms" || topic === "people") this.sidebar.update();
    if (topic === "people") this.listAccounts();
    if (topic !== "typing") this.roomView.updateHeading();
    if (channel !== this.ui.channel || channel === null) return;
    if (topic === "typing") return this.roomView.updateTyping();
    if (!this.store.rooms.has(channel)) return this.goHome();
    this.roomView.update();
    this.updatePanel();
  }

  #listAccounts() {
    const people = [...this.store.people.values()].filter((one) => one.isAccount && !one.isDeleted);
    fill(this.accountList, people.map((one) => h("option", { value: one.name })));
  }

  /** The part of the address behind `#`: `/channel` or `/channel/offset`. */
  #route() {
    if (!this.store.me || !/^(#\/|#?$)/.test(location.hash)) return;
    const [channel, offset] = location.hash.slice(2).split("/").map(decodeURIComponent);
    if (channel) return this.#show(channel, Number(offset) || null);
    if (matchMedia("(max-width: 700px)").matches) return this.#show(null);
    const rooms = [...this.store.rooms.values()].filter((room) => room.last);
    const newest = rooms.sort((a, b) => b.last.offset - a.last.offset)[0];
    this.#show(newest?.channel ?? DEFAULT_CHANNEL);
  }

  async #show(channel, offset = null) {
    const isSame = this.ui.channel === channel && this.roomView.room === this.store.rooms.get(channel);
    this.ui.channel = channel;
    this.ui.editing = null;
    document.body.classList.toggle("has-room", channel !== null);
    if (channel === null) this.openPanel(null);
    else if (this.ui.panel && !isSame) this.openPanel(this.ui.panel.type === "search" ? this.ui.panel : null);
    const room = channel === null ? null : this.store.room(channel);
    if (!isSame) this.roomView.show(room);
    this.sidebar.update();
    if (!room) return;
    await this.attempt(() => this.#loadRoom(room, offset));
    if (this.ui.channel !== channel) return;
    if (offset) this.roomView.timeline.reveal(offset);
    else if (!isSame) this.roomView.composer.focus();
    this.seen();
  }

  async #loadRoom(room, offset) {
    if (offset) await this.history.around(room.channel, offset);
    else if (!room.isLoaded) await this.history.latest(room.channel);
    if (this.features.conversations && !room.isDescribed) await this.#describe(room.channel);
  }

  /** Title, topic and members as the server has them; a channel without a room has none. */
  async #describe(channel) {
    this.store.room(channel).isDescribed = true;
    const description = await this.api.room(channel).catch((refusal) => refusal);
    if (description instanceof Error || !this.store.rooms.has(channel)) return;
    this.store.loadRoom(description);
  }

  showMessage(channel, offset) {
    const address = `${this.address(channel)}/${offset}`;
    if (location.hash === address) this.#show(channel, offset);
    else location.hash = address;
  }

  openPanel(panel) {
    this.ui.panel = panel;
    document.body.classList.toggle("has-panel", panel !== null);
    this.attempt(async () => drawPanel(this, this.panel, panel));
    if (!panel) this.roomView.composer.focus();
  }

  openDialog(name) {
    if (this.features.accounts) this.#loadAccounts();
    dialogs[name](this);
  }

  editor(message) {
    return editor(message, (text) => this.saveEdit(message, text), () => this.edit(null));
  }

  roomIntroduction(room) {
    return roomIntroduction(this, room);
  }

  // Reading

  isReading() {
    return this.ui.channel !== null && !document.hidden && document.hasFocus() &&
      this.roomView.timeline.isAtEnd;
  }

  /** What is on the screen was read. */
  seen() {
    const room = this.roomView.room;
    if (!this.isReading() || !room?.last) return;
    const { channel, last } = room;
    if (!this.store.markRead(channel, last.offset)) return;
    clearTimeout(this.#readTimers.get(channel));
    this.#readTimers.set(channel, setTimeout(() => this.#keepReadMark(channel), READ_DELAY_MILLISECONDS));
  }

  #keepReadMark(channel) {
    clearTimeout(this.#readTimers.get(channel));
    this.#readTimers.delete(channel);
    const { read } = this.store.room(channel);
    if (this.store.me?.isAccount) this.api.markRead(channel, read).catch(() => {});
    else if (this.store.position) this.session.keepReadMark(this.store.position.epoch, channel, read);
  }

  #attention() {
    if (!this.store.me) return;
    this.stream.send({ type: "presence", state: document.hidden ? "away" : "online" });
    this.seen();
    this.sidebar.update();
  }

  // Trouble

  /** Runs `action`; what goes wrong is shown, and the result is null. */
  async attempt(action) {
    try {
      return await action();
    } catch (error) {
      this.trouble(error);
      return null;
    }
  }

  trouble(error) {
    if (!(error instanceof Refusal)) console.error(error);
    if (error.status === 401) return this.#checkSession(error);
    this.status.say(error.message);
    announce(`${clockTime(Date.now())}: ${error.message}`);
  }
}

new App().begin();
