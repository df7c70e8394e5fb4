// Messages as the page keeps them, and what edits, deletions and reactions make of them. Pure.

/** A message from a line of the log or from `/messages`. `asOf`: the offset up to which it is known. */
export function messageFrom(line, asOf = line.offset) {
  return {
    offset: line.offset,
    time: line.time,
    channel: line.channel,
    author: line.author ?? "",
    id: line.id ?? null,
    text: line.message_text ?? "",
    replyTo: line.reply_to ?? null,
    edited: line.edited ?? null,
    isDeleted: line.deleted === true || line.redacted === true,
    reactions: new Map(Object.entries(line.reactions ?? {})),
    replies: line.replies ?? 0,
    asOf: Math.max(asOf, line.offset),
    /** Grows with each change: what was drawn of an older version is drawn anew. */
    version: 0,
  };
}

/** What a line changes of an earlier message: {offset, change}, or null. */
export function amendmentOf(line) {
  const data = line.data ?? {};
  if (Number.isSafeInteger(line.reply_to) && line.kind === undefined) {
    return { target: line.reply_to, change: (message) => (message.replies += 1) };
  }
  if (!Number.isSafeInteger(data.offset)) return null;
  switch (line.kind) {
    case "edit":
      if (typeof data.message_text !== "string") return null;
      return { target: data.offset, change: (message) => edit(message, data.message_text, line.time) };
    case "delete":
      return { target: data.offset, change: erase };
    case "reaction":
      if (typeof data.emoji !== "string") return null;
      return {
        target: data.offset,
        change: (message) => react(message, data.emoji, line.author ?? "", data.on !== false),
      };
    default:
      return null;
  }
}

/** Applies an amendment of the line at `offset`, once. */
export function amend(message, offset, change) {
  if (offset <= message.asOf) return false;
  message.asOf = offset;
  message.version += 1;
  change(message);
  return true;
}

function edit(message, text, time) {
  if (message.isDeleted) return;
  message.text = text;
  message.edited = time;
}

function erase(message) {
  message.isDeleted = true;
  message.text = "";
  message.reactions = new Map();
}

function react(message, emoji, name, isOn) {
  if (message.isDeleted) return;
  const others = (message.reactions.get(emoji) ?? []).filter((one) => !isSameName(one, name));
  const names = isOn ? [...others, name] : others;
  if (names.length) message.reactions.set(emoji, names);
  else message.reactions.delete(emoji);
}

/** Account names are the same without regard to case. */
export function isSameName(a, b) {
  return a.toLowerCase() === b.toLowerCase();
}

const MENTION = /(?<![\p{L}\p{N}_@.-])@([A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,30}[A-Za-z0-9_])?)/gu;

/** [{name, start, end}]: the names that a text mentions, and where. */
export function mentions(text) {
  return [...text.matchAll(MENTION)].map((match) => ({
    name: match[1], start: match.index, end: match.index + match[0].length,
  }));
}

export function doesMention(text, name) {
  return mentions(text).some((mention) => isSameName(mention.name, name));
}
