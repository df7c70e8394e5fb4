// What is known of one channel's messages: a contiguous run of them, in the log's order. Pure.

/** Beyond so many the end that is farther from the reader is forgotten, and loaded again when wanted. */
export const KEPT_MESSAGES_MAX = 6000;

export class Timeline {
  messages = [];
  /** The channel's first message is here. */
  hasStart = false;
  /** Its newest is here, and new ones join. */
  hasEnd = false;

  get first() {
    return this.messages[0] ?? null;
  }
  get last() {
    return this.messages.at(-1) ?? null;
  }

  /** How many messages stand before `offset`. */
  index(offset) {
    let low = 0;
    let high = this.messages.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.messages[middle].offset < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  find(offset) {
    const message = this.messages[this.index(offset)];
    return message?.offset === offset ? message : null;
  }

  /** Starts over with one page. */
  replace(page, { hasStart, hasEnd }) {
    this.messages = page;
    this.hasStart = hasStart;
    this.hasEnd = hasEnd;
  }

  /** A page of what stands before the first message. */
  addOlder(page, hasStart) {
    const limit = this.first?.offset ?? Infinity;
    this.messages = [...page.filter((message) => message.offset < limit), ...this.messages];
    this.hasStart = hasStart;
    if (this.messages.length > KEPT_MESSAGES_MAX) {
      this.messages.length = KEPT_MESSAGES_MAX;
      this.hasEnd = false;
    }
  }

  /** A page of what stands behind the last message. */
  addNewer(page, hasEnd) {
    const limit = this.last?.offset ?? 0;
    this.messages.push(...page.filter((message) => message.offset > limit));
    this.hasEnd = hasEnd;
    this.#forgetOldest();
  }

  /** A new message; false when it is here already, or the run does not reach to it. */
  append(message) {
    if (!this.hasEnd || message.offset <= (this.last?.offset ?? 0)) return false;
    this.messages.push(message);
    this.#forgetOldest();
    return true;
  }

  #forgetOldest() {
    const surplus = this.messages.length - KEPT_MESSAGES_MAX;
    if (surplus <= 0) return;
    this.messages.splice(0, surplus);
    this.hasStart = false;
  }
}
