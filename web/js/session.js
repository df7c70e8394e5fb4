// Who uses the page, remembered by the browser: an account with its token, or a chosen name.

const KEY = "chat.session";
const MARKS = "chat.read";

function read(key) {
  try {
    return JSON.parse(localStorage.getItem(key) ?? "null");
  } catch {
    return null;
  }
}

function write(key, value) {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // Without storage everything lasts as long as the page.
  }
}

export class Session {
  /** {name, token} or null. */
  current = read(KEY);

  get token() {
    return this.current?.token ?? null;
  }

  signIn({ name, token = null }) {
    this.current = { name, token };
    write(KEY, this.current);
  }

  signOut() {
    this.current = null;
    write(KEY, null);
  }

  /** Who has no account has read marks in this browser only: {epoch, marks: {channel: offset}}. */
  readMarks(epoch) {
    const kept = read(MARKS);
    return kept?.epoch === epoch ? kept.marks : {};
  }

  keepReadMark(epoch, channel, offset) {
    write(MARKS, { epoch, marks: { ...this.readMarks(epoch), [channel]: offset } });
  }
}
