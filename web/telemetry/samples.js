// The kept samples, oldest first: what the events of the feed are folded into. Pure: no network, no clock.

import { summary } from "./statistics.js";

const SAMPLES_MAX = 300;

export class Samples {
  /** [{ time, offset, rate, bytesRate, p50, p99, lags, lag, ms }] with times in milliseconds, each once and
   * ascending; `lags`: Map of id → { lag, ms }, of which `lag` and `ms` are the summaries. */
  all = [];
  epoch = null;
  /** The newest sample's replicas, as they came. */
  replicas = [];
  slowest = null;

  /** `window`: what the service has kept. What was known of the same log before stays. */
  takeWindow(window) {
    if (window.epoch !== this.epoch) this.#forget(window.epoch);
    const count = window.time.length;
    const first = count > 0 ? Date.parse(window.time[0]) : Infinity;
    this.all = this.all.filter((one) => one.time < first);
    for (let index = 0; index < count; index += 1) {
      const lags = new Map();
      for (const { id, lag, lag_ms: ms } of window.replicas) {
        if (lag[index] !== null) lags.set(id, { lag: lag[index], ms: ms[index] });
      }
      this.#add({
        time: Date.parse(window.time[index]), offset: window.offset[index], rate: window.rate[index],
        bytesRate: window.bytes_rate[index], p50: window.visible_p50_ms[index],
        p99: window.visible_p99_ms[index], lags,
      });
    }
  }

  takeSample(sample) {
    if (sample.epoch !== this.epoch) this.#forget(sample.epoch);
    this.replicas = sample.replicas;
    this.slowest = sample.visible.slowest ?? null;
    this.#add({
      time: Date.parse(sample.time), offset: sample.offset, rate: sample.rate, bytesRate: sample.bytes_rate,
      p50: sample.visible.p50_ms, p99: sample.visible.p99_ms,
      lags: new Map(sample.replicas.map((one) => [one.id, { lag: one.lag, ms: one.lag_ms }])),
    });
  }

  get newest() {
    return this.all.at(-1) ?? null;
  }

  /** A copy that what comes later does not change. */
  snapshot() {
    return Object.assign(new Samples(), this, { all: [...this.all] });
  }

  /** Those of the last `seconds` before the newest. */
  within(seconds) {
    const from = (this.newest?.time ?? 0) - seconds * 1000;
    return this.all.filter((one) => one.time >= from);
  }

  #add(sample) {
    if (sample.time <= (this.newest?.time ?? -Infinity)) return;
    sample.lag = summary([...sample.lags.values()].map((one) => one.lag));
    sample.ms = summary([...sample.lags.values()].map((one) => one.ms));
    this.all.push(sample);
    if (this.all.length > SAMPLES_MAX) this.all.shift();
  }

  #forget(epoch) {
    this.epoch = epoch;
    this.all = [];
    this.replicas = [];
    this.slowest = null;
  }
}

/** A replica's `measure` (`lag` or `ms`) in each of the samples; null where it was not there. */
export function series(samples, id, measure) {
  return samples.map((sample) => sample.lags.get(id)?.[measure] ?? null);
}
