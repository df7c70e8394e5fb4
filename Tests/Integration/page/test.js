// What tests are written with.

export const tests = [];

export function test(title, body) {
  tests.push({ title, body });
}

/** Both as JSON, so that a difference can be read. */
export function equal(found, wanted, what = "value") {
  const [a, b] = [found, wanted].map((value) => JSON.stringify(value));
  if (a !== b) throw new Error(`${what} is ${a}, not ${b}`);
}

const EPOCH = "0123456789abcdef";

/** `/messages` and streams hold lines like this. */
export function line(offset, fields = {}) {
  return {
    offset, time: `2026-11-20T06:31:00.${String(offset % 1000).padStart(3, "0")}Z`, channel: "tea",
    author: "alice", message_text: `text ${offset}`, crc: "00000000", ...fields,
  };
}

/** A line that is no message. */
export function fact(offset, kind, data, fields = {}) {
  const { message_text: _, ...rest } = line(offset, fields);
  return { ...rest, kind, data };
}

export function lines(from, to, fields = {}) {
  return Array.from({ length: to - from + 1 }, (_, index) => line(from + index, fields));
}

export const position = (offset) => ({ epoch: EPOCH, offset });
