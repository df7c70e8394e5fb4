// The WebSocket: lines as they come, from a position on, through breaks.
//
// Happy path: connect, `hello`, (`auth`, `signed_in`,) subscribe from the position, lines, `live`.
// Failures: any close is followed by another attempt with the position reached, after the delay that the
// server gave (1012, `bye`) or else a growing one; 4000 says where to resume; 4001, 1008 and a refused `auth`
// are the session's end; `reset` says that the log is another one now. A connection without a sign of life is
// given up.

import { Backoff } from "./backoff.js";
import { parsePosition } from "./store.js";

const PROTOCOL = "chat-cluster.v1";
const SILENCE_MILLISECONDS_MAX = 30_000;
const PING_MILLISECONDS = 12_000;
const CONNECT_MILLISECONDS_MAX = 10_000;
const BUSY_MILLISECONDS_MIN = 1000;
const CLOSE = { policy: 1008, drain: 1012, busy: 1013, slow: 4000, signedOut: 4001 };

export class Stream {
  /** "connecting", "catching up", "live", or "waiting" for the next attempt (then `retryAt` is set). */
  state = "connecting";
  retryAt = null;
  #socket = null;
  #timer = null;
  #pinger = null;
  #lastSign = 0;
  #delay = null;
  #backoff = new Backoff();
  #isSigningIn = false;

  /** `handlers`: line(line), control(object), state(), reset(position), signedOut(reason).
   * `start()` gives {position, token} for each connection. */
  constructor(start, handlers) {
    this.start = start;
    this.handlers = handlers;
    addEventListener("online", () => this.retryNow());
    addEventListener("offline", () => this.#socket?.close());
    document.addEventListener("visibilitychange", () => document.hidden || this.#checkSilence());
  }

  connect() {
    this.disconnect();
    const { position, token } = this.start();
    const address = new URL("ws", document.baseURI);
    address.protocol = address.protocol.replace("http", "ws");
    // Nothing yet: a browser can show its token in a command only, and who shows one has more to follow.
    address.searchParams.set("channels", "");
    this.#isSigningIn = false;
    this.#lastSign = Date.now();
    this.#enter("connecting");
    const socket = new WebSocket(address, PROTOCOL);
    this.#socket = socket;
    socket.onmessage = (event) => this.#socket === socket && this.#received(event.data, position, token);
    socket.onclose = (event) => this.#socket === socket && this.#closed(event);
    clearInterval(this.#pinger);
    this.#pinger = setInterval(() => this.#checkSilence(), PING_MILLISECONDS);
  }

  /** Ends without another attempt. */
  disconnect() {
    clearTimeout(this.#timer);
    clearInterval(this.#pinger);
    const socket = this.#socket;
    this.#socket = null;
    socket?.close(1000);
  }

  retryNow() {
    if (this.state === "waiting") this.connect();
  }

  /** Sends a control object if there is a connection; what is lost with a break is not sent again. */
  send(object) {
    if (this.#socket?.readyState !== WebSocket.OPEN || this.state === "connecting") return false;
    this.#socket.send(JSON.stringify(object));
    return true;
  }

  #received(text, position, token) {
    this.#lastSign = Date.now();
    let object;
    try {
      object = JSON.parse(text);
    } catch {
      return;
    }
    // Lines come in order, but those of a room that was joined meanwhile may be ahead of what is caught up.
    if (object.type === undefined) return this.handlers.line(object, this.state === "live" || !token);
    this.#control(object, position, token);
  }

  #control(object, position, token) {
    switch (object.type) {
      case "hello":
        this.#enter("catching up");
        this.#isSigningIn = token !== null;
        if (token) this.send({ type: "auth", token });
        else this.#subscribe(["*"], position);
        break;
      case "signed_in":
        this.#isSigningIn = false;
        this.#subscribe(["*", "@me"], position);
        break;
      case "live":
        this.#backoff.reset();
        this.#enter("live");
        break;
      case "error":
        if (this.#isSigningIn) this.handlers.signedOut(object.problem?.detail);
        break;
      case "reset":
        return this.handlers.reset(object.position);
      case "bye":
        this.#delay = object.retry_ms ?? null;
        break;
    }
    this.handlers.control(object);
  }

  #subscribe(channels, position) {
    this.send({ type: "subscribe", channels, ...(position && { after: position }) });
  }

  #closed(event) {
    this.#socket = null;
    clearInterval(this.#pinger);
    if (event.code === CLOSE.signedOut || event.code === CLOSE.policy) {
      this.handlers.signedOut(event.reason);
    }
    const position = event.code === CLOSE.slow ? parsePosition(event.reason) : null;
    if (position) this.handlers.control({ type: "position", position: event.reason });
    const delay = this.#delayAfter(event);
    this.#delay = null;
    this.retryAt = Date.now() + delay;
    this.#enter("waiting");
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.connect(), delay);
  }

  /** Milliseconds: as the server said (`bye`, or the reason of 1012), else a growing time. */
  #delayAfter({ code, reason }) {
    const told = code === CLOSE.drain ? /\d+/.exec(reason)?.[0] : undefined;
    const delay = this.#delay ?? (told === undefined ? this.#backoff.next() : Number(told));
    return code === CLOSE.busy ? Math.max(delay, BUSY_MILLISECONDS_MIN) : delay;
  }

  #checkSilence() {
    if (!this.#socket) return;
    const silence = Date.now() - this.#lastSign;
    const most = this.state === "connecting" ? CONNECT_MILLISECONDS_MAX : SILENCE_MILLISECONDS_MAX;
    if (silence > most) this.#abandon();
    else if (silence > PING_MILLISECONDS / 2) this.send({ type: "ping" });
  }

  /** A dead connection's close can take minutes: not waited for. */
  #abandon() {
    const socket = this.#socket;
    this.#closed({ code: 0, reason: "" });
    socket.close();
  }

  #enter(state) {
    this.state = state;
    if (state !== "waiting") this.retryAt = null;
    this.handlers.state();
  }
}
