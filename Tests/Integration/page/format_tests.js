import { equal, test } from "./test.js";
import { ago, continues, count, dayLabel, hue, initials, names } from "/web/js/format.js";

test("initials are one or two letters, whole ones also outside of the basic plane", () => {
  equal(["Ada Lovelace", "bob", "grace.hopper", "𝒳avier", "…", ""].map(initials),
    ["AL", "B", "GH", "𝒳", "…", "?"]);
});

test("a name has one of the ten colours, however it is written", () => {
  for (let number = 0; number < 1000; number += 1) {
    const colour = hue(`name ${number}`);
    const isColour = Number.isInteger(colour) && colour >= 0 && colour < 10;
    if (!isColour) throw new Error(`colour ${colour} of ${number}`);
  }
  equal(hue("Alice"), hue("aLICE"));
});

test("today and yesterday are called so", () => {
  const now = new Date(2026, 10, 20, 9, 0);
  equal([dayLabel(new Date(2026, 10, 20, 0, 1), now), dayLabel(new Date(2026, 10, 19, 23, 59), now)],
    ["Today", "Yesterday"]);
});

test("messages of one author within five minutes of one day stand under one name", () => {
  const message = (minute, fields = {}) =>
    ({ author: "alice", replyTo: null, time: new Date(2026, 10, 20, 12, minute), ...fields });
  equal(continues(message(0), message(4)), true);
  equal(continues(message(0), message(5)), false);
  equal(continues(message(0), message(1, { author: "bob" })), false);
  equal(continues(message(0), message(1, { replyTo: 3 })), false);
  equal(continues(null, message(1)), false);
});

test("counts, names and times are written as one says them", () => {
  equal([count(1, "reply", "replies"), count(0, "reply", "replies"), count(2, "day")],
    ["1 reply", "0 replies", "2 days"]);
  equal([names(["A"]), names(["A", "B"]), names(["A", "B", "C", "D"])],
    ["A", "A and B", "A, B, C and 1 other"]);
  equal([ago(0, 5000), ago(0, 5 * 60_000), ago(0, 3 * 3_600_000)],
    ["just now", "5 minutes ago", "3 hours ago"]);
});
