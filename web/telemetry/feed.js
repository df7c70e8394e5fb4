// The stream of samples: opened by itself, watched, and opened anew when it ends or falls silent.

import { Backoff } from "../js/backoff.js";

const SILENCE_MILLISECONDS = 5_000;

/** States, as `onState` is told them: `connecting`, `live`, `away` (the service is there and the log is not)
 * and `lost` (with the milliseconds until the next attempt). */
export class Feed {
  #source = null;
  #timer = null;
  #backoff = new Backoff();

  /** `handlers`: { onWindow(object), onSample(object), onState(state, milliseconds) }. */
  constructor(address, handlers) {
    this.address = address;
    this.handlers = handlers;
  }

  start() {
    this.#close();
    const source = new EventSource(this.address);
    this.#source = source;
    this.#watch();
    source.addEventListener("window", (event) => this.#heard(() => {
      this.handlers.onWindow(JSON.parse(event.data));
    }));
    source.addEventListener("sample", (event) => this.#heard(() => {
      this.#backoff.reset();
      this.handlers.onState("live", null);
      this.handlers.onSample(JSON.parse(event.data));
    }));
    source.addEventListener("away", () => this.#heard(() => this.handlers.onState("away", null)));
    source.addEventListener("error", () => this.#lost());
  }

  #heard(act) {
    this.#watch();
    act();
  }

  /** A connection can be dead without an error: then nothing comes any more. */
  #watch() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#lost(), SILENCE_MILLISECONDS);
  }

  #lost() {
    this.#close();
    const delay = this.#backoff.next();
    this.handlers.onState("lost", delay);
    this.#timer = setTimeout(() => {
      this.handlers.onState("connecting", null);
      this.start();
    }, delay);
  }

  #close() {
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#source = null;
  }
}
