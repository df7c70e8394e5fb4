import { equal, test } from "./test.js";
import { Refusal } from "/web/js/api.js";
import { Outbox } from "/web/js/outbox.js";
import { Store } from "/web/js/store.js";

/** An outbox whose server gives `answers` in turn: null for success, else a Refusal. */
function outbox(answers) {
  sessionStorage.clear();
  const store = new Store();
  store.me = { name: "bob", isAccount: false };
  const sent = [];
  const waiting = [];
  const api = { send: (channel, message) => {
    sent.push({ channel, ...message });
    const answer = answers.shift();
    return new Promise((resolve, reject) => waiting.push(() => (answer ? reject(answer) : resolve({}))));
  } };
  const box = new Outbox(api, store, () => {});
  return { box, store, sent, answer: () => settle(waiting) };
}

/** Lets the oldest request be answered, and what follows from it happen. */
async function settle(waiting) {
  waiting.shift()();
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
}

const states = (store) => store.room("tea").pending.map((one) => one.state);

test("messages of a channel are sent one after another, in order", async () => {
  const { box, store, sent, answer } = outbox([null, null]);
  box.send("tea", "one");
  box.send("tea", "two", 7);
  equal(sent.map((one) => one.message_text), ["one"]);
  await answer();
  equal(sent.map((one) => [one.message_text, one.author, one.reply_to ?? null]),
    [["one", "bob", null], ["two", "bob", 7]]);
  await answer();
  equal(states(store), ["sent", "sent"]);
});

test("what could not be sent is sent again, under the same id", async () => {
  const { box, store, sent, answer } = outbox([new Refusal(0), new Refusal(503, {}, 1), null]);
  box.send("tea", "one");
  await answer();
  equal(states(store), ["waiting"]);
  box.hurry();
  await answer();
  box.hurry();
  await answer();
  equal(states(store), ["sent"]);
  equal(new Set(sent.map((one) => one.id)).size, 1);
  equal(sent.length, 3);
});

test("what the server refuses for good is shown as failed and can be tried again or dropped", async () => {
  const { box, store, sent, answer } = outbox([new Refusal(413, { detail: "too long" }), null]);
  box.send("tea", "one");
  await answer();
  equal(store.room("tea").pending.map((one) => [one.state, one.reason]), [["failed", "too long"]]);
  box.retry("tea", sent[0].id);
  await answer();
  equal([states(store), sent[1].id], [["sent"], sent[0].id]);
  box.discard("tea", sent[0].id);
  equal(states(store), []);
});

test("what waits to be sent survives a reload of the page, under its id", async () => {
  const first = outbox([new Refusal(0)]);
  first.box.send("tea", "one");
  await first.answer();
  const store = new Store();
  store.me = { name: "bob", isAccount: false };
  const sent = [];
  const next = new Outbox({ send: async (channel, message) => sent.push(message) }, store, () => {});
  next.restore();
  equal(sent.map((one) => one.id), [first.sent[0].id]);
});
