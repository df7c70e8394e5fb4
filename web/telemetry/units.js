// How numbers are written on this page. Pure. What is not known is a dash.

const NONE = "–";
const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 4 });
const clockFormat = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });

/** "12,345". */
export function number(value) {
  return Number.isFinite(value) ? whole.format(value) : NONE;
}

/** For an axis: "12,345", "1.2M". */
export function brief(value) {
  if (!Number.isFinite(value)) return NONE;
  return (Math.abs(value) < 1e5 ? whole : compact).format(value);
}

/** A number of things: "1 entry", "3 entries". */
export function count(value, one, many = `${one}s`) {
  return `${number(value)} ${value === 1 ? one : many}`;
}

/** "0 ms", "0.4 ms", "3 ms", "240 ms", "1.7 s", "2 min 5 s". */
export function duration(milliseconds) {
  if (!Number.isFinite(milliseconds)) return NONE;
  const value = Math.max(0, milliseconds);
  if (value === 0) return "0 ms";
  if (value < 9.95) return `${tenths(value)} ms`;
  if (value < 999.5) return `${Math.round(value)} ms`;
  if (value < 9_950) return `${tenths(value / 1000)} s`;
  const seconds = Math.round(value / 1000);
  if (seconds < 60) return `${seconds} s`;
  return `${Math.floor(seconds / 60)} min${seconds % 60 === 0 ? "" : ` ${seconds % 60} s`}`;
}

const tenths = (value) => value.toFixed(1).replace(".0", "");

const BYTES = ["B", "kB", "MB", "GB", "TB"];

/** "0 B", "830 B", "12.3 kB". */
export function bytes(value) {
  if (!Number.isFinite(value)) return NONE;
  const power = Math.min(BYTES.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, value)) / 3)));
  const scaled = value / 1000 ** power;
  return `${power === 0 || scaled >= 99.95 ? Math.round(scaled) : scaled.toFixed(1)} ${BYTES[power]}`;
}

/** For an axis: "now", "30 s", "4 min". */
export function age(seconds) {
  if (seconds <= 0) return "now";
  return seconds % 60 === 0 ? `${seconds / 60} min` : `${seconds} s`;
}

/** "14:03:22". */
export function clock(time) {
  return clockFormat.format(new Date(time));
}
