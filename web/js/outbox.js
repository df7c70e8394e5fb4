// Own messages on their way to the server. Each has an id of its own, and is sent with it until the server
// has taken or refused it: however often that was tried, the log has it once.
//
// One message of a channel is under way at a time, so they arrive in the order in which they were written.
// They are kept with the tab, so that a reload does not lose what could not be sent yet.

import { Refusal } from "./api.js";
import { Backoff } from "./backoff.js";

const KEY = "chat.outbox";
const KEPT_MAX = 200;

export class Outbox {
  /** `store`: where they are shown meanwhile. `refused(refusal)`: told of each final refusal. */
  constructor(api, store, refused) {
    this.api = api;
    this.store = store;
    this.refused = refused;
    /** channel → {messages, isSending, timer, backoff} */
    this.queues = new Map();
  }

  /** Shows what an earlier visit of this tab left, and goes on sending it. */
  restore() {
    for (const { channel, message, author } of readKept()) {
      if (!this.store.isMe(author)) continue;
      this.#add(channel, message);
    }
  }

  send(channel, text, replyTo = null) {
    this.#add(channel, { id: newID(), text, replyTo, time: new Date().toISOString() });
  }

  /** Another attempt for one that was refused, under its id. */
  retry(channel, id) {
    const pending = this.store.room(channel).pending.find((one) => one.id === id);
    if (!pending) return;
    this.store.removePending(channel, id);
    this.#add(channel, pending);
  }

  discard(channel, id) {
    const queue = this.queues.get(channel);
    if (queue) queue.messages = queue.messages.filter((one) => one.id !== id);
    this.store.removePending(channel, id);
    this.#keep();
  }

  /** The connection is back: nothing waits any longer. */
  hurry() {
    for (const [channel, queue] of this.queues) {
      clearTimeout(queue.timer);
      queue.backoff.reset();
      this.#next(channel);
    }
  }

  #add(channel, message) {
    let queue = this.queues.get(channel);
    if (!queue) this.queues.set(channel, (queue = { messages: [], isSending: false,
      backoff: new Backoff() }));
    queue.messages.push({ id: message.id, text: message.text, replyTo: message.replyTo, time: message.time });
    this.store.addPending(channel, message);
    this.#keep();
    this.#next(channel);
  }

  async #next(channel) {
    const queue = this.queues.get(channel);
    const message = queue?.messages[0];
    if (!message || queue.isSending) return;
    queue.isSending = true;
    this.store.setPending(channel, message.id, "sending");
    const refusal = await this.#attempt(channel, message);
    queue.isSending = false;
    if (refusal?.isTemporary) return this.#wait(channel, queue, message, refusal);
    queue.messages = queue.messages.filter((one) => one !== message);
    queue.backoff.reset();
    this.store.setPending(channel, message.id, refusal ? "failed" : "sent", refusal?.message);
    if (refusal) this.refused(refusal);
    this.#keep();
    this.#next(channel);
  }

  async #attempt(channel, { id, text, replyTo }) {
    const message = { message_text: text, id };
    if (replyTo) message.reply_to = replyTo;
    if (!this.store.me.isAccount) message.author = this.store.me.name;
    try {
      await this.api.send(channel, message);
      return null;
    } catch (error) {
      if (error instanceof Refusal) return error;
      throw error;
    }
  }

  #wait(channel, queue, message, refusal) {
    const least = (refusal.retryAfter ?? 0) * 1000;
    this.store.setPending(channel, message.id, "waiting", refusal.message);
    queue.timer = setTimeout(() => this.#next(channel), Math.max(least, queue.backoff.next()));
  }

  #keep() {
    const author = this.store.me.name;
    const kept = [...this.queues].flatMap(([channel, { messages }]) =>
      messages.map((message) => ({ channel, message, author })));
    try {
      sessionStorage.setItem(KEY, JSON.stringify(kept.slice(0, KEPT_MAX)));
    } catch {
      // Without storage (a private window) a reload loses them, as it would lose a draft.
    }
  }
}

/** Unique, of characters that the log takes. `crypto.randomUUID` is there on encrypted pages only. */
function newID() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function readKept() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? "[]");
  } catch {
    return [];
  }
}
