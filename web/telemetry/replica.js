// What a replica can be in, worst first, and how that is said. Pure.

export const STATES = ["silent", "lagging", "catching-up", "ready"];

const WORDS = {
  ready: { one: "ready", meaning: "caught up, gets requests" },
  "catching-up": { one: "catching up", meaning: "started and has not all yet" },
  lagging: { one: "lagging", meaning: "hears, and is behind" },
  silent: { one: "silent", meaning: "not heard of for 3 seconds" },
};

export const stateWord = (state) => WORDS[state]?.one ?? state;
export const stateMeaning = (state) => WORDS[state]?.meaning ?? "";

/** The name of its style; what is not known looks like `silent`. */
export const stateClass = (state) => `state-${WORDS[state] ? state : "silent"}`;

/** How many are in each state: a Map in the order of STATES, without zeros; unknown states at its end. */
export function countStates(replicas) {
  const counts = new Map(STATES.map((state) => [state, 0]));
  for (const { state } of replicas) counts.set(state, (counts.get(state) ?? 0) + 1);
  return new Map([...counts].filter(([, count]) => count > 0));
}

/** One sentence on all of them: `{ text, level }` with level `good`, `warn`, `bad` or `none`. */
export function verdict(replicas) {
  const all = replicas.length;
  if (all === 0) return { text: "No replica reports.", level: "none" };
  const counts = countStates(replicas);
  const ready = counts.get("ready") ?? 0;
  if (ready === all) {
    const text = all === 1 ? "The only replica is ready." : `All ${all} replicas are ready.`;
    return { text, level: "good" };
  }
  const others = [...counts].filter(([state]) => state !== "ready").map(([state, count]) => {
    const named = replicas.filter((one) => one.state === state).slice(0, 2).map((one) => one.id);
    return `${count} ${stateWord(state)} (${named.join(", ")}${count > named.length ? ", …" : ""})`;
  });
  const level = counts.has("silent") || ready === 0 ? "bad" : "warn";
  return { text: `${ready} of ${all} replicas are ready; ${others.join(", ")}.`, level };
}

const COLUMNS = {
  id: (one) => one.id,
  state: (one) => STATES.indexOf(one.state),
  tier: (one) => one.tier,
  upstream: (one) => one.upstream,
  offset: (one) => one.offset,
  lag: (one) => one.lag,
  lag_ms: (one) => one.lag_ms,
  mean: (one) => one.mean,
  last_heard_ms: (one) => one.last_heard_ms,
};

const names = new Intl.Collator("en", { numeric: true });

const byName = (a, b) => names.compare(a.id, b.id);

/** A new array by a column's name, unknown values last; the same by id, where pod-2 stands before pod-10, or
 * by `tie`. */
export function sortReplicas(replicas, column, isDescending, tie = byName) {
  const value = COLUMNS[column];
  const sign = isDescending ? -1 : 1;
  return [...replicas].sort((a, b) => {
    const [x, y] = [value(a), value(b)];
    const lacks = (x === null || x === undefined) - (y === null || y === undefined);
    if (lacks !== 0) return lacks;
    const order = typeof x === "string" ? names.compare(x, y) : x - y;
    return order * sign || tie(a, b);
  });
}

/** The ids of the `most` that deserve a look: by state, then by `mean`, the lag over the whole window, which
 * does not change its mind every second; of equal ones the first by id. */
export function worst(replicas, most) {
  const byMean = sortReplicas(replicas, "mean", true);
  return sortReplicas(byMean, "state", false, () => 0).slice(0, most).map((one) => one.id);
}
