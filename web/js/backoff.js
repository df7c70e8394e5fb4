// How long to wait before the next attempt: twice as long each time, with jitter, up to a bound. Pure.

const FIRST_MILLISECONDS = 500;
const MOST_MILLISECONDS = 30_000;

export class Backoff {
  #attempts = 0;

  /** `random`: a source of numbers in [0, 1). */
  constructor(random = Math.random) {
    this.random = random;
  }

  /** Milliseconds until the next attempt: between half of its bound and the bound. */
  next() {
    const bound = Math.min(MOST_MILLISECONDS, FIRST_MILLISECONDS * 2 ** this.#attempts);
    this.#attempts += 1;
    return Math.round(bound / 2 + (bound / 2) * this.random());
  }

  reset() {
    this.#attempts = 0;
  }
}
