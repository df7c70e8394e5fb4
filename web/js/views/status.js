// The strip at the top: whether there is a connection, and what went wrong just now.

import { fill, fillAnew, h, iconButton } from "../dom.js";

const NOTE_MILLISECONDS = 8000;
/** A break that is over so soon is not worth a word. */
const QUIET_MILLISECONDS = 1200;

export class StatusBar {
  #app;
  #connection;
  #words = h("span");
  #note;
  #noteTimer = null;
  #since = Date.now();
  #wasLive = false;

  constructor(app) {
    this.#app = app;
    this.#connection = h("div", { class: "connection", role: "status", "aria-live": "polite" });
    this.#note = h("div", { class: "toast", role: "alert", hidden: true });
    this.element = h("div", { class: "status" }, this.#connection, this.#note);
    setInterval(() => this.update(), 500);
  }

  update() {
    const { state } = this.#app.stream;
    const isLive = state === "live" || state === "catching up";
    if (isLive !== this.#wasLive) this.#since = Date.now();
    this.#wasLive = isLive;
    this.#connection.dataset.state = state;
    const isQuiet = isLive || Date.now() - this.#since < QUIET_MILLISECONDS;
    this.#connection.classList.toggle("is-shown", !isQuiet);
    if (!isQuiet) this.#describe(state);
    else fillAnew(this.#connection, null, () => []);
  }

  #describe(state) {
    const seconds = Math.max(0, Math.ceil(((this.#app.stream.retryAt ?? 0) - Date.now()) / 1000));
    const words = !navigator.onLine ? "You are offline. Messages are sent when the connection is back."
      : state === "waiting" && seconds > 0 ? `Connection lost. Trying again in ${seconds} s.` : "Connecting…";
    const isWaiting = state === "waiting";
    fillAnew(this.#connection, isWaiting, () => [h("span", { class: "spinner" }), this.#words,
      isWaiting && h("button", { type: "button", class: "link",
        onclick: () => this.#app.stream.retryNow() }, "Try now")]);
    if (this.#words.textContent !== words) this.#words.textContent = words;
  }

  /** Shows a sentence for a while. */
  say(text) {
    clearTimeout(this.#noteTimer);
    this.#note.hidden = false;
    fill(this.#note, h("span", { dir: "auto" }, text),
      iconButton("close", "Dismiss", () => (this.#note.hidden = true)));
    this.#noteTimer = setTimeout(() => (this.#note.hidden = true), NOTE_MILLISECONDS);
  }
}
