import { equal, lines, test } from "./test.js";
import { messageFrom } from "/web/js/messages.js";
import { KEPT_MESSAGES_MAX, Timeline } from "/web/js/timeline.js";

const page = (from, to) => lines(from, to).map((line) => messageFrom(line));
const ends = (timeline) => [timeline.first.offset, timeline.last.offset, timeline.messages.length];

function loaded(from, to, reach = { hasStart: false, hasEnd: true }) {
  const timeline = new Timeline();
  timeline.replace(page(from, to), reach);
  return timeline;
}

test("older and newer pages join at the ends, overlapping or not", () => {
  const timeline = loaded(100, 199, { hasStart: false, hasEnd: false });
  timeline.addOlder(page(50, 120), false);
  timeline.addNewer(page(150, 249), true);
  equal(ends(timeline), [50, 249, 200]);
  equal([timeline.hasStart, timeline.hasEnd], [false, true]);
});

test("a message is found by its offset, also between holes", () => {
  const timeline = new Timeline();
  timeline.replace([3, 7, 20].flatMap((offset) => page(offset, offset)), { hasStart: true, hasEnd: true });
  equal(timeline.find(7).text, "text 7");
  equal([timeline.find(8), timeline.index(8), timeline.index(1), timeline.index(99)], [null, 2, 0, 3]);
});

test("a new message joins only where the run reaches the newest", () => {
  const timeline = loaded(1, 3, { hasStart: true, hasEnd: false });
  equal(timeline.append(page(9, 9)[0]), false);
  timeline.addNewer(page(4, 5), true);
  equal(timeline.append(page(9, 9)[0]), true);
  equal(timeline.append(page(9, 9)[0]), false, "the second time");
  equal(ends(timeline), [1, 9, 6]);
});

test("reading back through a long history keeps a bounded number of messages", () => {
  const timeline = loaded(100_000, 100_099);
  for (let last = 99_999; last > 80_000; last -= 100) timeline.addOlder(page(last - 99, last), false);
  equal(timeline.messages.length, KEPT_MESSAGES_MAX);
  equal([timeline.first.offset, timeline.hasEnd], [80_000, false]);
  timeline.replace(page(100_000, 100_099), { hasStart: false, hasEnd: true });
  for (let offset = 100_100; offset < 120_000; offset += 1) timeline.append(page(offset, offset)[0]);
  equal([timeline.messages.length, timeline.last.offset], [KEPT_MESSAGES_MAX, 119_999]);
});
