// Loads a channel's messages page by page: its newest, older and newer ones, or those around one of them.

const PAGE_MESSAGES = 100;
const AROUND_MESSAGES = 50;

export class History {
  /** channel → the load that is under way */
  #loading = new Map();
  #snippets = new Map();

  constructor(api, store) {
    this.api = api;
    this.store = store;
  }

  isLoading(channel) {
    return this.#loading.has(channel);
  }

  /** The newest page. */
  latest(channel) {
    return this.#once(channel, async () => {
      const { body, position } = await this.api.messages(channel, { last: PAGE_MESSAGES });
      this.#load(channel, body, "replace", position, {
        hasStart: body.length < PAGE_MESSAGES, hasEnd: true });
    });
  }

  older(channel) {
    const { first, hasStart } = this.store.room(channel).timeline;
    if (!first || hasStart) return null;
    return this.#once(channel, async () => {
      const query = { before: first.offset, limit: PAGE_MESSAGES };
      const { body, position } = await this.api.messages(channel, query);
      this.#load(channel, body, "older", position, { hasStart: body.length < PAGE_MESSAGES });
    });
  }

  newer(channel) {
    const { last, hasEnd } = this.store.room(channel).timeline;
    if (hasEnd) return null;
    if (!last) return this.latest(channel);
    return this.#once(channel, async () => {
      const query = { after: last.offset, limit: PAGE_MESSAGES };
      const { body, position } = await this.api.messages(channel, query);
      this.#load(channel, body, "newer", position, { hasEnd: body.length < PAGE_MESSAGES });
    });
  }

  /** The messages around `offset`, unless they are here. */
  around(channel, offset) {
    if (this.store.room(channel).timeline.find(offset)) return null;
    return this.#once(channel, async () => {
      const [before, after] = await Promise.all([
        this.api.messages(channel, { before: offset + 1, limit: AROUND_MESSAGES }),
        this.api.messages(channel, { after: offset, limit: AROUND_MESSAGES }),
      ]);
      this.#load(channel, [...before.body, ...after.body], "replace", before.position, {
        hasStart: before.body.length < AROUND_MESSAGES, hasEnd: after.body.length < AROUND_MESSAGES });
    });
  }

  /** One message, for a quotation; null when there is none. Read once. */
  async message(channel, offset) {
    const known = this.store.room(channel).timeline.find(offset);
    if (known) return known;
    const key = `${channel}/${offset}`;
    if (!this.#snippets.has(key)) this.#snippets.set(key, this.#read(channel, offset));
    return this.#snippets.get(key);
  }

  async #read(channel, offset) {
    const { body } = await this.api.messages(channel, { after: offset - 1, limit: 1 });
    const line = body[0];
    if (line?.offset !== offset) return null;
    const isDeleted = line.deleted === true || line.redacted === true;
    return { author: line.author ?? "", text: line.message_text ?? "", isDeleted };
  }

  #load(channel, lines, where, position, reach) {
    const offset = Number(position?.split(":")[1] ?? 0);
    this.store.loadPage(channel, lines, where, { ...reach, position: offset });
  }

  /** One load of a channel at a time; a second one is refused (null). */
  #once(channel, load) {
    if (this.#loading.has(channel)) return null;
    const promise = load().finally(() => this.#loading.delete(channel));
    this.#loading.set(channel, promise);
    return promise;
  }
}
