// How times, names and counts are written. Pure.

const GROUP_MINUTES = 5;
const HUES = 10;

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });
const dayOfYear = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const dayWithYear = new Intl.DateTimeFormat(undefined, { dateStyle: "long" });
const shortDay = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const relativeDay = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

/** The local calendar day of a time, as a number that grows by one a day. */
function dayNumber(date) {
  return Math.floor(Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / 86_400_000);
}

export function clockTime(time) {
  return clock.format(new Date(time));
}

export function fullTime(time) {
  return full.format(new Date(time));
}

export function isSameDay(a, b) {
  return dayNumber(new Date(a)) === dayNumber(new Date(b));
}

/** "Today", "Yesterday", "Monday, 3 August", "3 August 2025". */
export function dayLabel(time, now = new Date()) {
  const date = new Date(time);
  const days = dayNumber(now) - dayNumber(date);
  if (days === 0 || days === 1) {
    const text = relativeDay.format(-days, "day");
    return text[0].toUpperCase() + text.slice(1);
  }
  return (date.getFullYear() === now.getFullYear() ? dayOfYear : dayWithYear).format(date);
}

/** For lists: the time of today's, the day of older ones. */
export function briefTime(time, now = new Date()) {
  const date = new Date(time);
  return dayNumber(date) === dayNumber(now) ? clock.format(date) : shortDay.format(date);
}

/** "just now", "5 minutes ago", "yesterday". */
export function ago(time, now = Date.now()) {
  const minutes = Math.round((now - new Date(time).getTime()) / 60_000);
  if (minutes < 1) return "just now";
  if (minutes < 60) return relativeDay.format(-minutes, "minute");
  if (minutes < 60 * 24) return relativeDay.format(-Math.round(minutes / 60), "hour");
  return relativeDay.format(-Math.round(minutes / 60 / 24), "day");
}

/** Whether `next` stands under the same name as `previous`. */
export function continues(previous, next) {
  if (!previous || previous.author !== next.author || next.replyTo) return false;
  const minutes = (new Date(next.time) - new Date(previous.time)) / 60_000;
  return minutes < GROUP_MINUTES && isSameDay(previous.time, next.time);
}

/** One or two letters for an avatar: "Ada Lovelace" is AL, "bob" is B. */
export function initials(name) {
  const words = name.split(/[\s._-]+/u).filter(Boolean);
  const letters = (words.length > 1 ? [words[0], words.at(-1)] : words).map((word) => [...word][0]);
  return letters.join("").toLocaleUpperCase() || "?";
}

/** A colour's number for a name, the same without regard to case. */
export function hue(name) {
  let hash = 7;
  for (const letter of name.toLowerCase()) hash = (Math.imul(hash, 31) + letter.codePointAt(0)) >>> 0;
  return ((hash ^ (hash >>> 13)) >>> 0) % HUES;
}

export function count(number, one, many = `${one}s`) {
  return `${number.toLocaleString()} ${number === 1 ? one : many}`;
}

/** "Ada", "Ada and Bob", "Ada, Bob and 3 others". */
export function names(list, most = 3) {
  if (list.length <= 1) return list.join("");
  if (list.length <= most) return `${list.slice(0, -1).join(", ")} and ${list.at(-1)}`;
  return `${list.slice(0, most).join(", ")} and ${count(list.length - most, "other")}`;
}
