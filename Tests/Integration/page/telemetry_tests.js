import { equal, test } from "./test.js";
import { toCSV } from "/web/telemetry/csv.js";
import { hopClass, layOut } from "/web/telemetry/fanout.js";
import { countStates, sortReplicas, verdict, worst } from "/web/telemetry/replica.js";
import { Samples, series } from "/web/telemetry/samples.js";
import { peaks, summary } from "/web/telemetry/statistics.js";
import { age, brief, bytes, count, duration, number } from "/web/telemetry/units.js";

const START = Date.parse("2026-11-20T06:31:00.000Z");
const EPOCH = "0123456789abcdef";
const iso = (second) => new Date(START + second * 1000).toISOString();

function replica(id, fields = {}) {
  return { id, tier: 1, upstream: "log", offset: 5, lag: 0, lag_ms: 0, state: "ready", ...fields };
}

function sample(second, replicas, fields = {}) {
  return {
    time: iso(second), epoch: EPOCH, offset: second * 10, rate: 10, bytes_rate: 1000,
    visible: { p50_ms: 1.5, p99_ms: null, slowest: "a" }, replicas, ...fields,
  };
}

function kept(seconds, replicas = [], epoch = EPOCH) {
  const column = (value) => seconds.map(() => value);
  return {
    epoch, interval_ms: 1000, time: seconds.map(iso), offset: seconds.map((second) => second * 10),
    rate: column(10), bytes_rate: column(1000), visible_p50_ms: column(2), visible_p99_ms: column(null),
    replicas,
  };
}

test("mean and standard deviation are those of the numbers that are known", () => {
  const { count: known, mean, deviation, min, max } = summary([2, null, 4, 4, 4, 5, 5, 7, 9, NaN]);
  equal([known, mean, Number(deviation.toFixed(12)), min, max], [8, 5, 2, 2, 9]);
  equal(summary([null]), { count: 0, mean: null, deviation: null, min: null, max: null });
});

test("a small deviation of large numbers is exact", () => {
  const { deviation } = summary([1e15, 1e15 + 2, 1e15 + 4, 1e15 + 6].map((one) => one));
  equal(Math.round(deviation ** 2), 5);
});

test("the peaks of equal parts keep every outlier", () => {
  equal(peaks([1, 9, 2, null, null, null, 3, 4], 4), [9, 2, null, 4]);
});

test("a window and the samples behind it are one ascending row, each time once", () => {
  const samples = new Samples();
  samples.takeWindow(kept([1, 2, 3], [{ id: "a", lag: [null, 4, 5], lag_ms: [null, 0.4, 0.5] }]));
  samples.takeSample(sample(3, [replica("a", { lag: 9 })]));
  samples.takeSample(sample(4, [replica("a", { lag: 6, lag_ms: 0.6 }), replica("b")]));
  equal(samples.all.map((one) => one.offset), [10, 20, 30, 40]);
  equal(series(samples.all, "a", "lag"), [null, 4, 5, 6]);
  equal(series(samples.all, "a", "ms"), [null, 0.4, 0.5, 0.6]);
  equal(series(samples.all, "b", "lag"), [null, null, null, 0]);
  equal([samples.replicas.length, samples.slowest, samples.newest.lag.mean], [2, "a", 3]);
});

test("a window of the same log keeps what was known before it", () => {
  const samples = new Samples();
  samples.takeWindow(kept([1, 2, 3]));
  samples.takeWindow(kept([3, 4, 5]));
  equal(samples.all.map((one) => one.offset), [10, 20, 30, 40, 50]);
});

test("another log's window takes the place of everything", () => {
  const samples = new Samples();
  samples.takeSample(sample(1, [replica("a")]));
  samples.takeWindow(kept([7, 8], [], "fedcba9876543210"));
  equal([samples.all.map((one) => one.offset), samples.replicas], [[70, 80], []]);
});

test("three hundred samples are kept, and a snapshot stays as it is", () => {
  const samples = new Samples();
  for (let second = 1; second <= 300; second += 1) samples.takeSample(sample(second, []));
  const snapshot = samples.snapshot();
  for (let second = 301; second <= 310; second += 1) samples.takeSample(sample(second, []));
  equal([samples.all.length, samples.all[0].offset, samples.newest.offset], [300, 110, 3100]);
  equal([snapshot.all.length, snapshot.all[0].offset, snapshot.newest.offset], [300, 10, 3000]);
  equal(samples.within(60).length, 61);
});

test("one sentence says how all replicas are", () => {
  const all = [replica("a"), replica("b", { state: "silent" }), replica("c", { state: "lagging" })];
  equal(verdict([]), { text: "No replica reports.", level: "none" });
  equal(verdict(all.slice(0, 1)), { text: "The only replica is ready.", level: "good" });
  equal(verdict([all[0], all[0]]), { text: "All 2 replicas are ready.", level: "good" });
  equal(verdict(all),
    { text: "1 of 3 replicas are ready; 1 silent (b), 1 lagging (c).", level: "bad" });
  equal(verdict([all[0], all[2]]).level, "warn");
  equal(verdict([...Array(3)].map((_, index) => replica(`p${index}`, { state: "silent" }))).text,
    "0 of 3 replicas are ready; 3 silent (p0, p1, …).");
  equal([...countStates([...all, replica("d", { state: "new" })])],
    [["silent", 1], ["lagging", 1], ["ready", 1], ["new", 1]]);
});

test("replicas are sorted by any column, by number in names, and what is not known stands last", () => {
  const all = [replica("pod-10", { lag: 1 }), replica("pod-9", { lag: 7, tier: null }),
    replica("pod-2", { lag: 1, state: "lagging" })];
  const ids = (column, isDescending) => sortReplicas(all, column, isDescending).map((one) => one.id);
  equal(ids("id", false), ["pod-2", "pod-9", "pod-10"]);
  equal(ids("lag", true), ["pod-9", "pod-2", "pod-10"]);
  equal(ids("state", false), ["pod-2", "pod-9", "pod-10"]);
  equal(ids("tier", true).at(-1), "pod-9");
});

test("the worst are chosen by state, then by their lag over the window", () => {
  const all = [replica("a", { mean: 1 }), replica("b", { mean: 9 }), replica("c", { mean: 0, state: "silent" }),
    replica("d", { mean: 5 })];
  equal(worst(all, 3), ["c", "b", "d"]);
});

test("the log is in the middle, and each tier on its ring", () => {
  const { nodes, depth } = layOut([
    replica("a"), replica("b"), replica("c", { upstream: "a", lag_ms: 4 }), replica("d", { upstream: "a" })]);
  const radius = (id) => {
    const { x, y } = nodes.find((one) => one.replica.id === id);
    return Number(Math.hypot(x, y).toFixed(6));
  };
  equal([depth, radius("a"), radius("b"), radius("c"), radius("d")], [2, 0.5, 0.5, 1, 1]);
  equal(nodes.find((one) => one.replica.id === "c").parent.replica.id, "a");
});

test("no two of a hundred replicas lie on each other, flat or as a tree", () => {
  for (const fanout of [100, 8]) {
    const all = Array.from({ length: 100 }, (_, index) => replica(`pod-${index}`, {
      upstream: index < fanout ? "redis" : `pod-${Math.floor((index - fanout) / fanout)}`,
    }));
    const { nodes } = layOut(all);
    let least = Infinity;
    nodes.forEach((a, index) => nodes.slice(index + 1).forEach((b) => {
      least = Math.min(least, Math.hypot(a.x - b.x, a.y - b.y));
    }));
    if (least < 0.04) throw new Error(`two are ${least} apart with a fan-out of ${fanout}`);
  }
});

test("an edge is as late as its replica is behind what feeds it", () => {
  const { nodes } = layOut([
    replica("a", { lag_ms: 30 }), replica("b", { upstream: "a", lag_ms: 90 }),
    replica("c", { upstream: "a", lag_ms: 10 })]);
  equal(nodes.map((one) => one.hop), [30, 60, 0]);
  equal([0, 49.9, 50, 250, 999, 1000, null].map(hopClass), [0, 0, 1, 2, 2, 3, 3]);
});

test("replicas that seem to follow each other, nobody or somebody unknown are shown all the same", () => {
  const { nodes } = layOut([replica("a", { upstream: "b" }), replica("b", { upstream: "a" }),
    replica("c", { upstream: "c" }), replica("d", { upstream: "gone" }), replica("e", { upstream: null })]);
  equal(nodes.length, 5);
  equal(nodes.every((one) => Number.isFinite(one.x) && Number.isFinite(one.y)), true);
  equal(nodes.filter((one) => !one.isFed).map((one) => one.replica.id), ["c", "d", "e"]);
});

test("the table for other programs has a row a sample and quotes what has to be", () => {
  const samples = new Samples();
  samples.takeSample(sample(1, [replica("b", { lag: 3, lag_ms: 1.5 })]));
  samples.takeSample(sample(2, [replica("b", { lag: 1, lag_ms: 0.5 }), replica('a,"x"', { lag: 2 })]));
  const rows = toCSV(samples.all).split("\r\n");
  equal(rows.length, 4);
  equal(rows[0].endsWith('visible_p99_ms,"lag a,""x""","lag_ms a,""x""",lag b,lag_ms b'), true);
  equal(rows[1], `${iso(1)},10,10,1000,3,0,3,1.5,0,1.5,1.5,,,,3,1.5`);
  equal(rows[2], `${iso(2)},20,10,1000,1.5,0.5,2,0.25,0.25,0.5,1.5,,2,0,1,0.5`);
});

test("telemetry's numbers are written as one reads them", () => {
  equal([0, 0.44, 3, 9.96, 240, 1700, 12_400, 60_000, 125_000, null].map(duration),
    ["0 ms", "0.4 ms", "3 ms", "10 ms", "240 ms", "1.7 s", "12 s", "1 min", "2 min 5 s", "–"]);
  equal([0, 830, 12_345, 99_960, 5.2e6, undefined].map(bytes), ["0 B", "830 B", "12.3 kB", "100 kB", "5.2 MB", "–"]);
  equal([number(1234567), number(NaN), brief(1234567), brief(5000)], ["1,234,567", "–", "1.235M", "5,000"]);
  equal([count(1, "line"), count(1000, "line"), age(0), age(90), age(240)],
    ["1 line", "1,000 lines", "now", "90 s", "4 min"]);
});
