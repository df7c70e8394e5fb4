import { equal, test } from "./test.js";
import { Backoff } from "/web/js/backoff.js";

test("waiting doubles up to a bound, between half and all of it, and begins anew", () => {
  for (const [random, share] of [[() => 0, 0.5], [() => 1, 1]]) {
    const backoff = new Backoff(random);
    const delays = Array.from({ length: 9 }, () => backoff.next());
    equal(delays, [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000].map((most) => most * share));
    backoff.reset();
    equal(backoff.next(), 500 * share);
  }
});
