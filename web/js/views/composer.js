// Where one writes: drafts for each room, replies, mentions, emoji.

import { fill, h, iconButton } from "../dom.js";
import { avatar } from "./avatar.js";
import { pickEmoji } from "./emoji.js";

const TYPING_EVERY_MILLISECONDS = 3000;
const SUGGESTIONS_MAX = 6;
/** As the server's: bytes of UTF-8. */
const TEXT_BYTES_MAX = 65_536;

export class Composer {
  #app;
  #room = null;
  /** channel → {text, replyTo} */
  #drafts = new Map();
  #replyTo = null;
  #typingSent = 0;
  #suggested = [];
  #chosen = 0;

  constructor(app) {
    this.#app = app;
    this.input = h("textarea", { rows: "1", dir: "auto", autocomplete: "off", "aria-label": "Message",
      "aria-autocomplete": "list", "aria-controls": "suggestions", onkeydown: (event) => this.#key(event),
      oninput: () => this.#typed(), onblur: () => setTimeout(() => this.#suggest([]), 150) });
    this.#reply = h("div", { class: "composer-reply", hidden: true });
    this.#suggestions = h("div", { class: "suggestions", id: "suggestions", role: "listbox",
      "aria-label": "People", hidden: true });
    this.#sendButton = iconButton("send", "Send (Enter)", () => this.#send(), { class: "icon-button send" });
    this.#note = h("p", { class: "composer-note", role: "status" });
    this.element = h("div", { class: "composer" }, this.#suggestions, this.#reply,
      h("div", { class: "composer-box" }, this.input,
        iconButton("smile", "Insert an emoji",
          (event) => pickEmoji(event.currentTarget, (emoji) => this.#insert(emoji))),
        this.#sendButton), this.#note);
  }

  #reply;
  #suggestions;
  #sendButton;
  #note;

  show(room) {
    if (this.#room) this.#drafts.set(this.#room.channel, { text: this.input.value, replyTo: this.#replyTo });
    this.#room = room;
    const draft = this.#drafts.get(room.channel) ?? { text: "", replyTo: null };
    this.input.value = draft.text;
    this.setReply(draft.replyTo);
    this.#grow();
    this.#suggest([]);
    this.update();
  }

  update() {
    const title = this.#app.store.title(this.#room);
    this.input.placeholder = this.#room.type === "direct" ? `Message ${title}` : `Message #${title}`;
    const isAllowed = this.#app.can("post");
    this.input.disabled = !isAllowed;
    this.element.classList.toggle("is-disabled", !isAllowed);
    if (!isAllowed) this.input.placeholder = "Sign in to write here";
  }

  focus() {
    if (matchMedia("(hover: hover)").matches) this.input.focus();
  }

  setReply(message) {
    this.#replyTo = message;
    this.#reply.hidden = !message;
    if (!message) return;
    fill(this.#reply, h("span", null, "Replying to ", h("bdi", { class: "author" }, message.author)),
      h("span", { class: "quotation-text", dir: "auto" }, message.text),
      iconButton("close", "Do not reply", () => this.setReply(null)));
    this.input.focus();
  }

  // Writing

  #typed() {
    this.#grow();
    this.#suggestFor(this.#word());
    const now = Date.now();
    if (this.input.value && now - this.#typingSent > TYPING_EVERY_MILLISECONDS) {
      this.#typingSent = now;
      const { me } = this.#app.store;
      this.#app.stream.send({ type: "typing", channel: this.#room.channel,
        ...(me?.isAccount ? {} : { author: me?.name }) });
    }
    if (this.#note.textContent) this.#note.textContent = "";
  }

  #grow() {
    this.input.style.height = "auto";
    this.input.style.height = `${this.input.scrollHeight}px`;
    this.#sendButton.disabled = this.input.value.trim() === "";
  }

  #insert(text) {
    this.input.focus();
    this.input.setRangeText(text, this.input.selectionStart, this.input.selectionEnd, "end");
    this.#typed();
  }

  #send() {
    const text = this.input.value.trim();
    if (!text || this.input.disabled) return;
    const bytes = new TextEncoder().encode(text).length;
    if (bytes > TEXT_BYTES_MAX) {
      this.#note.textContent = `This message is too long: ${bytes.toLocaleString()} of ` +
        `${TEXT_BYTES_MAX.toLocaleString()} bytes.`;
      return;
    }
    this.input.value = "";
    this.#app.sendMessage(this.#room.channel, text, this.#replyTo?.offset ?? null);
    this.setReply(null);
    this.#typingSent = 0;
    this.#grow();
    this.#suggest([]);
    this.input.focus();
  }

  #key(event) {
    if (event.isComposing) return;
    if (this.#suggested.length && this.#suggestionKey(event)) return event.preventDefault();
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.#send();
    } else if (event.key === "Escape" && this.#replyTo) {
      event.stopPropagation();
      this.setReply(null);
    } else if (event.key === "ArrowUp" && !this.input.value && !event.altKey) {
      event.preventDefault();
      this.#app.editLast();
    }
  }

  // Mentions

  /** The `@na` that the cursor stands behind; null: none. */
  #word() {
    const before = this.input.value.slice(0, this.input.selectionStart);
    return /(?<![\p{L}\p{N}_@.-])@([\w.-]{0,32})$/u.exec(before)?.[1] ?? null;
  }

  #suggestFor(prefix) {
    if (prefix === null) return this.#suggest([]);
    const wanted = prefix.toLowerCase();
    const people = this.#app.peopleIn(this.#room).filter((person) =>
      person.name.toLowerCase().startsWith(wanted) && !/[^A-Za-z0-9._-]/.test(person.name));
    this.#suggest(people.slice(0, SUGGESTIONS_MAX));
  }

  #suggest(people) {
    this.#suggested = people;
    this.#chosen = 0;
    this.#suggestions.hidden = people.length === 0;
    this.#drawSuggestions();
  }

  #drawSuggestions() {
    fill(this.#suggestions, this.#suggested.map((person, index) => h("div",
      { role: "option", class: "suggestion",
      id: `suggestion-${index}`, "aria-selected": String(index === this.#chosen),
      onmousedown: (event) => event.preventDefault(), onclick: () => this.#take(person) },
      avatar(person.name, person.state), h("bdi", null, person.name))));
    const chosen = this.#suggested.length ? `suggestion-${this.#chosen}` : "";
    this.input.setAttribute("aria-activedescendant", chosen);
  }

  #suggestionKey(event) {
    const count = this.#suggested.length;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      this.#chosen = (this.#chosen + (event.key === "ArrowDown" ? 1 : count - 1)) % count;
      this.#drawSuggestions();
    } else if (event.key === "Enter" || event.key === "Tab") {
      this.#take(this.#suggested[this.#chosen]);
    } else if (event.key === "Escape") {
      event.stopPropagation();
      this.#suggest([]);
    } else {
      return false;
    }
    return true;
  }

  #take(person) {
    const end = this.input.selectionStart;
    this.input.setRangeText(`@${person.name} `, end - this.#word().length - 1, end, "end");
    this.#suggest([]);
    this.#typed();
  }
}

/** A small form in the place of a message's text. */
export function editor(message, save, cancel) {
  const input = h("textarea", { dir: "auto", "aria-label": "Edit the message", rows: "1" });
  input.value = message.text;
  const done = () => {
    const text = input.value.trim();
    if (text && text !== message.text) save(text);
    else cancel();
  };
  input.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Escape") cancel();
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    done();
  });
  const grow = () => {
    input.style.height = "auto";
    input.style.height = `${input.scrollHeight}px`;
  };
  input.addEventListener("input", grow);
  requestAnimationFrame(() => {
    grow();
    input.focus();
    input.setSelectionRange(input.value.length, input.value.length);
  });
  return h("div", { class: "editor" }, input, h("div", { class: "editor-actions" },
    h("button", { type: "button", class: "button", onclick: cancel }, "Cancel"),
    h("button", { type: "button", class: "button primary", onclick: done }, "Save"),
    h("span", { class: "hint" }, "Enter saves, Escape cancels")));
}
