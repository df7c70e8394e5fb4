// The server's HTTP interface. All addresses are relative to the page, so it works under any prefix.

const ANSWER_MILLISECONDS_MAX = 20_000;

/** What a server refused, or that it could not be reached (status 0). */
export class Refusal extends Error {
  constructor(status, problem = {}, retryAfter = null) {
    super(problem.detail || problem.title || `the server answered ${status}`);
    this.status = status;
    this.problem = problem;
    /** Seconds after which another attempt may do better; null: the server did not say. */
    this.retryAfter = retryAfter;
  }

  /** The same request may succeed later (and is safe to repeat, when it carries an id). */
  get isTemporary() {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 502;
  }

  /** This server has no such thing. */
  get isMissing() {
    return this.status === 404 || this.status === 405 || this.status === 501;
  }
}

/** One segment of a path. */
const segment = (text) => encodeURIComponent(text);

export class API {
  /** Both are called for each request. `token`: null without an account; `author`: then the chosen name. */
  constructor(token, author) {
    this.token = token;
    this.author = author;
  }

  // Accounts

  register(name, password) {
    return this.#write("POST", "accounts", { name, password });
  }
  signIn(name, password) {
    return this.#write("POST", "sessions", { name, password });
  }
  session() {
    return this.#read("sessions");
  }
  signOutEverywhere() {
    return this.#write("DELETE", "sessions");
  }
  changePassword(name, password, newPassword) {
    return this.#write("PUT", `accounts/${segment(name)}/password`, { password, new_password: newPassword });
  }
  deleteAccount(name, password) {
    return this.#write("DELETE", `accounts/${segment(name)}`, { password });
  }
  account(name) {
    return this.#read(`accounts/${segment(name)}`);
  }
  accounts(query = {}) {
    return this.#read("accounts", query);
  }

  // Conversations

  conversations() {
    return this.#readAt("conversations");
  }
  createRoom(room) {
    return this.#write("POST", "rooms", room);
  }
  room(channel) {
    return this.#read(`rooms/${segment(channel)}`);
  }
  changeRoom(channel, changes) {
    return this.#write("PATCH", `rooms/${segment(channel)}`, changes);
  }
  setMember(channel, name, role) {
    return this.#write("PUT", `rooms/${segment(channel)}/members/${segment(name)}`, { role });
  }
  removeMember(channel, name) {
    return this.#write("DELETE", `rooms/${segment(channel)}/members/${segment(name)}`);
  }
  direct(name) {
    return this.#write("POST", "direct", { name });
  }
  markRead(channel, offset) {
    return this.#write("PUT", `reads/${segment(channel)}`, { offset });
  }

  // Messages

  /** A page of a channel: {body: messages oldest first, position}. */
  messages(channel, query) {
    return this.#readAt(`messages/${segment(channel)}`, query);
  }
  allMessages(query) {
    return this.#readAt("messages", query);
  }
  send(channel, message) {
    return this.#write("POST", `messages/${segment(channel)}`, message);
  }
  edit(channel, offset, text) {
    return this.#amend("PATCH", `messages/${segment(channel)}/${offset}`, { message_text: text });
  }
  delete(channel, offset) {
    return this.#amend("DELETE", `messages/${segment(channel)}/${offset}`);
  }
  react(channel, offset, emoji, isOn) {
    const path = `messages/${segment(channel)}/${offset}/reactions/${segment(emoji)}`;
    return this.#amend(isOn ? "PUT" : "DELETE", path);
  }
  search(query) {
    return this.#read("search", query);
  }

  state() {
    return this.#read("state");
  }

  // How

  async #read(path, query) {
    return (await this.#readAt(path, query)).body;
  }

  /** The answer with the log's position that it is of; null where the server does not say. */
  async #readAt(path, query = {}) {
    const items = Object.entries(query).filter(([, value]) => value !== undefined && value !== null);
    const answer = await this.#ask("GET", items.length ? `${path}?${new URLSearchParams(items)}` : path);
    return { body: await this.#body(answer), position: answer.headers.get("log-position") };
  }

  /** Who has no account says who they are: messages of a name are changed under the same name. */
  #amend(method, path, object) {
    const query = this.token() ? "" : `?${new URLSearchParams({ author: this.author() })}`;
    return this.#write(method, path + query, object);
  }

  async #write(method, path, object) {
    return this.#body(await this.#ask(method, path, object));
  }

  async #ask(method, path, object) {
    const headers = {};
    const token = this.token();
    if (token) headers.authorization = `Bearer ${token}`;
    if (object) headers["content-type"] = "application/json";
    const request = { method, headers, cache: "no-store", credentials: "omit",
      body: object && JSON.stringify(object), signal: AbortSignal.timeout(ANSWER_MILLISECONDS_MAX) };
    try {
      return await fetch(new URL(path, document.baseURI), request);
    } catch {
      throw new Refusal(0, { title: "The server cannot be reached." });
    }
  }

  async #body(answer) {
    let body = null;
    try {
      body = await answer.json();
    } catch {
      if (answer.ok) throw new Refusal(0, { title: "The answer broke off." });
    }
    if (answer.ok) return body;
    const seconds = Number.parseInt(answer.headers.get("retry-after") ?? "", 10);
    throw new Refusal(answer.status, body ?? {}, Number.isNaN(seconds) ? null : seconds);
  }
}
