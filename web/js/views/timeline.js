// A room's messages: a bounded window of elements over the room's timeline.
//
// At most WINDOW_MESSAGES are elements at any time. Scrolling near an end of the window moves it (and, at the
// end of what is known, loads a page); the message that the reader looks at stays where it is on the screen.
// While the reader is at the newest message, the window follows. Screen readers are told what is new by the
// page's announcer: the list is no live region, it would also tell what scrolling brings.

import { fill, h, iconButton, oncePerFrame, place } from "../dom.js";
import { continues, count, dayLabel, isSameDay } from "../format.js";
import { messageElement, pendingElement } from "./message.js";

const WINDOW_MESSAGES = 160;
const STEP_MESSAGES = 60;
const NEAR_PIXELS = 900;
const BOTTOM_PIXELS = 48;
const RETRY_MILLISECONDS = 2000;

export class TimelineView {
  #app;
  #room = null;
  /** The offset of the window's first message; null: the window follows the newest. */
  #top = null;
  #isFollowing = true;
  /** key → {element, signature} of what is shown */
  #shown = new Map();
  /** Up to which offset the room was read when it was opened: the line above what is new. */
  #newAfter = null;
  #blockedUntil = 0;
  #lastHeight = 0;

  constructor(app) {
    this.#app = app;
    this.list = h("div", { class: "messages", role: "log", "aria-live": "off", "aria-label": "Messages" });
    this.#jump = iconButton("down", "Go to the newest messages", () => this.toNewest(), { class: "jump" });
    this.scroller = h("div", { class: "scroller", role: "region", tabindex: "0", "aria-label": "Conversation",
      onscroll: oncePerFrame(() => this.#scrolled()), onkeydown: (event) => this.#key(event) }, this.list);
    this.element = h("div", { class: "timeline" }, this.scroller, this.#jump);
    this.update = oncePerFrame(() => this.#draw());
    this.#settle = oncePerFrame(() => this.#room?.isLoaded && this.#moveWindow());
    new ResizeObserver(() => this.#resized()).observe(this.scroller);
    new ResizeObserver(() => this.#resized()).observe(this.list);
  }

  #jump;
  #settle;

  show(room) {
    this.#room = room;
    this.#shown.clear();
    fill(this.list);
    this.#top = null;
    this.#isFollowing = true;
    this.#newAfter = room.unread > 0 ? room.read : null;
    this.#blockedUntil = 0;
    this.#draw();
  }

  /** Shows a message that is loaded, in the middle, marked for a moment. */
  reveal(offset) {
    const { timeline } = this.#room;
    if (!timeline.find(offset)) return;
    const index = timeline.index(offset);
    const start = Math.max(0, index - WINDOW_MESSAGES / 2);
    this.#isFollowing = timeline.hasEnd && timeline.messages.length - index < 5;
    this.#top = this.#isFollowing ? null : timeline.messages[start].offset;
    this.#draw();
    const element = this.#shown.get(offset)?.element;
    element?.scrollIntoView({ block: "center" });
    element?.focus({ preventScroll: true });
    element?.classList.add("is-revealed");
    setTimeout(() => element?.classList.remove("is-revealed"), 2500);
  }

  async toNewest() {
    if (!this.#room.timeline.hasEnd) await this.#load(() => this.#app.history.latest(this.#room.channel));
    this.#top = null;
    this.#isFollowing = true;
    this.#draw();
    this.#app.seen();
  }

  get isAtEnd() {
    return this.#isFollowing && this.#room?.timeline.hasEnd === true;
  }

  // Drawing

  #window() {
    const { messages } = this.#room.timeline;
    if (this.#top === null) return { start: Math.max(0, messages.length - WINDOW_MESSAGES),
      end: messages.length };
    const start = this.#room.timeline.index(this.#top);
    return { start, end: Math.min(messages.length, start + WINDOW_MESSAGES) };
  }

  #draw() {
    const room = this.#room;
    if (!room) return;
    const anchor = this.#isFollowing ? null : this.#anchor();
    const { start, end } = this.#window();
    this.list.setAttribute("aria-busy", String(!room.isLoaded));
    const isNewest = end === room.timeline.messages.length;
    const items = [...this.#beginning(start), ...this.#messages(start, end)];
    this.#shown = place(this.list, this.#shown, isNewest ? [...items, ...this.#pending()] : items);
    if (anchor) this.scroller.scrollTop += anchor.element.getBoundingClientRect().top - anchor.top;
    else if (this.#isFollowing) this.#toBottom();
    this.#updateJump();
    // The new height may leave an end of the window near, without any further scrolling.
    this.#settle();
  }

  /** [{key, signature, make}] for what stands above the first message. */
  #beginning(start) {
    const { isLoaded, timeline, channel } = this.#room;
    if (!isLoaded) return [{ key: "loading", signature: "", make: skeleton }];
    if (start > 0 || !timeline.hasStart) return [{ key: "older", signature: "", make: spinner }];
    return [{ key: "start", signature: `${channel}${timeline.messages.length === 0}`,
      make: () => this.#app.roomIntroduction(this.#room) }];
  }

  #messages(start, end) {
    const { messages } = this.#room.timeline;
    const items = [];
    for (let index = start; index < end; index += 1) {
      const message = messages[index];
      const previous = messages[index - 1];
      if (!previous || !isSameDay(previous.time, message.time)) items.push(daySeparator(message.time));
      const isFirstNew = this.#isFirstNew(previous, message);
      if (isFirstNew) items.push({ key: "new", signature: "", make: newSeparator });
      const isContinued = !isFirstNew && continues(previous, message);
      const isEditing = this.#app.ui.editing === message.offset;
      items.push({
        key: message.offset,
        signature: `${message.version}${isContinued}${isEditing}`,
        make: () => messageElement(this.#app, message, isContinued),
      });
    }
    return items;
  }

  #isFirstNew(previous, message) {
    const after = this.#newAfter;
    return after !== null && message.offset > after && (!previous || previous.offset <= after) &&
      !this.#app.store.isMe(message.author);
  }

  #pending() {
    const { pending, timeline } = this.#room;
    return pending.map((one, index) => {
      const isContinued = continues(pending[index - 1] ?? timeline.last, one);
      return { key: one.id, signature: `${one.version}${isContinued}`,
        make: () => pendingElement(this.#app, one, isContinued) };
    });
  }

  // Scrolling

  /** The first message that is at least partly visible, and where its top is. */
  #anchor() {
    const top = this.scroller.getBoundingClientRect().top;
    for (const element of this.list.children) {
      const box = element.getBoundingClientRect();
      if (box.bottom > top && element.dataset.offset) return { element, top: box.top };
    }
    return null;
  }

  #toBottom() {
    this.scroller.scrollTop = this.scroller.scrollHeight;
    this.#lastHeight = this.scroller.scrollHeight;
  }

  /** What changes the height of list or window must not take the newest message out of sight. */
  #resized() {
    if (this.#isFollowing && this.#room) this.#toBottom();
  }

  #scrolled() {
    if (!this.#room?.isLoaded) return;
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    const isAtBottom = scrollHeight - scrollTop - clientHeight < BOTTOM_PIXELS;
    const { start, end } = this.#window();
    const wasFollowing = this.#isFollowing;
    const { messages, hasEnd } = this.#room.timeline;
    // Who was at the end stays there while what has just come is loaded.
    this.#isFollowing = isAtBottom && end === messages.length && (hasEnd || wasFollowing);
    if (this.#isFollowing) {
      this.#top = null;
      if (!wasFollowing) this.#app.seen();
    } else if (this.#top === null) {
      this.#top = this.#room.timeline.messages[start]?.offset ?? null;
    }
    this.#moveWindow();
    this.#updateJump();
  }

  #moveWindow() {
    const { messages } = this.#room.timeline;
    const { start, end } = this.#window();
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    let next = start;
    if (scrollTop < NEAR_PIXELS && start > 0) next = Math.max(0, start - STEP_MESSAGES);
    else if (scrollHeight - scrollTop - clientHeight < NEAR_PIXELS && end < messages.length) {
      next = Math.min(messages.length - WINDOW_MESSAGES, start + STEP_MESSAGES);
    }
    if (next !== start && next >= 0) {
      this.#top = messages[next].offset;
      this.#draw();
    } else {
      this.#loadWhatIsNear();
    }
  }

  #loadWhatIsNear() {
    const { timeline, channel, isLoaded } = this.#room;
    if (!isLoaded) return;
    const { start, end } = this.#window();
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    if (start === 0 && !timeline.hasStart && scrollTop < NEAR_PIXELS) {
      this.#load(() => this.#app.history.older(channel), () => this.#keepPlace());
    } else if (end === timeline.messages.length && !timeline.hasEnd &&
        scrollHeight - scrollTop - clientHeight < NEAR_PIXELS) {
      this.#load(() => this.#app.history.newer(channel));
    }
  }

  /** An older page comes before the window: the window stays where it is. */
  #keepPlace() {
    if (!this.#isFollowing) this.#top ??= this.#room.timeline.first?.offset ?? null;
  }

  async #load(load, before = () => {}) {
    if (Date.now() < this.#blockedUntil) return;
    before();
    try {
      await load();
    } catch (refusal) {
      this.#blockedUntil = Date.now() + RETRY_MILLISECONDS;
      setTimeout(this.update, RETRY_MILLISECONDS + 50);
      this.#app.trouble(refusal);
    }
  }

  #updateJump() {
    const isAway = !this.#isFollowing || !this.#room.timeline.hasEnd;
    this.#jump.hidden = !isAway || !this.#room.isLoaded;
    const { unread } = this.#room;
    this.#jump.dataset.count = unread > 0 && isAway ? String(Math.min(unread, 99)) : "";
    this.#jump.setAttribute("aria-label",
      unread > 0 ? `Go to the newest, ${count(unread, "new message")}` : "Go to the newest messages");
  }

  // Keys

  #key(event) {
    if (event.altKey || event.target.closest("input, textarea, .toolbar")) return;
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (event.key === "End") {
      event.preventDefault();
      return this.toNewest();
    }
    const article = event.target.closest?.("article");
    if (!step) return;
    const all = [...this.list.querySelectorAll("article[data-offset]")];
    const next = article ? all[all.indexOf(article) + step] : all.at(-1);
    if (!next) return;
    event.preventDefault();
    next.focus();
  }
}

function daySeparator(time) {
  const day = dayLabel(time);
  return { key: `day ${day}`, signature: "", make: () => h("div", { class: "separator day", role: "separator",
    "aria-label": day }, h("span", null, day)) };
}

function newSeparator() {
  return h("div", { class: "separator new", role: "separator", "aria-label": "New messages" },
    h("span", null, "New"));
}

function spinner() {
  return h("div", { class: "older", "aria-label": "Loading older messages" },
    h("span", { class: "spinner" }));
}

function skeleton() {
  const rows = [60, 35, 80, 50, 70].map((width) => h("div", { class: "skeleton-row" },
    h("span", { class: "skeleton-avatar" }), h("span", { class: `skeleton-text width-${width}` })));
  return h("div", { class: "skeleton", "aria-label": "Loading messages" }, rows);
}
