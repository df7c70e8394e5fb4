import { equal, line, lines, test } from "./test.js";
import { History } from "/web/js/history.js";
import { Store } from "/web/js/store.js";

/** A history whose server answers with these pages in turn, once it is told to. */
function history(...pages) {
  const store = new Store();
  const waiting = [];
  const api = { messages: (channel, query) => new Promise((resolve) => {
    waiting.push({ query, answer: () => resolve({ body: pages.shift(), position: null }) });
  }) };
  return { store, waiting, history: new History(api, store) };
}

const offsets = (store) => store.room("tea").timeline.messages.map((one) => one.offset);

/** A message comes while `page` is under way; then what is newer is asked for, by `query`. */
async function comesMeanwhile(page, query) {
  const { store, waiting, history: read } = history(page, [line(4)]);
  const loaded = read.latest("tea");
  store.applyLine(line(4));
  waiting.shift().answer();
  await loaded;
  equal(offsets(store).includes(4), false);
  const newer = read.newer("tea");
  equal(waiting[0].query, query);
  waiting.shift().answer();
  await newer;
  equal(offsets(store), [...page.map((one) => one.offset), 4]);
  equal([read.newer("tea"), store.room("tea").timeline.hasEnd], [null, true]);
}

test("what comes while a page is under way is loaded behind it", async () => {
  await comesMeanwhile(lines(1, 3), { after: 3, limit: 100 });
});

test("what comes while an empty page is under way is loaded, too", async () => {
  await comesMeanwhile([], { last: 100 });
});
