// The page as a whole: what comes from the feed goes into the samples, and is drawn once a frame at most.

import { announce, fill, h, oncePerFrame } from "../js/dom.js";
import { makeCharts, MEASURES } from "./charts.js";
import { onSchemeChange, readColours } from "./colours.js";
import { toCSV } from "./csv.js";
import { Feed } from "./feed.js";
import { drawPicture, save } from "./picture.js";
import { countStates, stateClass, stateWord, verdict, worst } from "./replica.js";
import { Samples, series } from "./samples.js";
import { summary } from "./statistics.js";
import { ReplicaTable } from "./table.js";
import { TreeView, hopLegend } from "./tree.js";
import { bytes, clock, count, duration, number } from "./units.js";

const HIGHLIGHTED_MAX = 6;

const element = (id) => document.getElementById(id);
const canvas = (name) => element(`chart-${name}`);

const live = new Samples();
/** What is shown while paused; null: what comes. */
let frozen = null;
let seconds = 300;
let measure = "ms";
let connection = { state: "connecting", until: null };
let colours = readColours();
/** Ids that somebody chose, in the order of choosing. */
const chosen = new Set();
/** Ids whose lines have colours: kept from sample to sample, so that colours do not jump. */
let highlighted = [];
let said = "";

const draw = oncePerFrame(drawNow);
const charts = makeCharts(Object.fromEntries(["lag", "spread", "visible", "head", "throughput"].map(
  (name) => [name, canvas(name)])), () => measure);
const tree = new TreeView(element("tree"), select);
const table = new ReplicaTable(
  { table: element("replicas"), filter: element("filter"), summary: element("replica-count") },
  { onSelect: select, onChange: draw });

const feed = new Feed("telemetry/events", {
  onWindow: (window) => { live.takeWindow(window); draw(); },
  onSample: (sample) => { live.takeSample(sample); draw(); },
  onState: (state, delay) => {
    connection = { state, until: delay === null ? null : Date.now() + delay };
    draw();
  },
});

// What somebody does

function select(id) {
  if (!chosen.delete(id)) {
    if (chosen.size === HIGHLIGHTED_MAX) chosen.delete(chosen.values().next().value);
    chosen.add(id);
  }
  highlighted = highlighted.filter((one) => chosen.has(one));
  draw();
}

function pause() {
  frozen = frozen === null ? live.snapshot() : null;
  const isPaused = frozen !== null;
  element("pause").setAttribute("aria-pressed", String(isPaused));
  element("pause-label").textContent = isPaused ? "Resume" : "Pause";
  announce(isPaused ? "Paused" : "Live again");
  draw();
}

function fileName(kind) {
  const time = new Date(shown().newest?.time ?? Date.now()).toISOString().slice(0, 19).replaceAll(":", "-");
  return `telemetry-${time}.${kind}`;
}

function exportCSV() {
  save(new Blob([toCSV(shown().within(seconds))], { type: "text/csv" }), fileName("csv"));
}

function exportPicture() {
  const { newest, replicas, epoch } = shown();
  drawPicture({
    title: `Replication at ${newest ? new Date(newest.time).toISOString() : "no time yet"}`,
    lines: [verdict(replicas).text, `Epoch ${epoch ?? "unknown"}, the last ${seconds} seconds`],
    area: document.querySelector(".panels"), colours, font: getComputedStyle(document.body).fontFamily,
  }).toBlob((blob) => save(blob, fileName("png")), "image/png");
}

// What is shown

const shown = () => frozen ?? live;

function drawNow() {
  const { replicas, newest, slowest } = shown();
  const samples = shown().within(seconds);
  highlighted = chooseLines(replicas, samples);
  const numbers = new Map(highlighted.map((id, index) => [id, index]));
  const context = { samples, seconds, replicas, highlighted, measure, colours };
  drawState();
  drawVerdict(replicas);
  drawFigures(samples, newest, slowest, replicas);
  for (const chart of Object.values(charts)) chart.draw(context);
  tree.draw(replicas, numbers, chosen);
  table.draw({ replicas, samples, highlighted: numbers, chosen, measure });
  drawLegend(replicas);
}

/** All of a few; of many those that were chosen, else the worst. Whatever stays keeps its colour. */
function chooseLines(replicas, samples) {
  const ids = new Set(replicas.map((one) => one.id));
  if (ids.size <= HIGHLIGHTED_MAX) return [...ids].sort();
  const kept = [...chosen].filter((id) => ids.has(id));
  if (kept.length > 0) return kept;
  const come = new Set(worst(replicas.map((one) => ({
    ...one, mean: summary(series(samples, one.id, "ms")).mean,
  })), HIGHLIGHTED_MAX));
  const places = Array.from({ length: HIGHLIGHTED_MAX }, (_, index) =>
    (come.delete(highlighted[index]) ? highlighted[index] : null));
  const rest = come.values();
  return places.map((id) => id ?? rest.next().value);
}

const STATES = {
  connecting: "Connecting …", live: "Live", away: "The log is away; waiting for it",
  lost: "No connection; trying again",
};

function drawState() {
  const isPaused = frozen !== null;
  const { state } = connection;
  const text = isPaused && state === "live"
    ? `Paused at ${clock(frozen.newest?.time ?? Date.now())}` : STATES[state];
  const badge = element("connection");
  badge.dataset.state = isPaused && state === "live" ? "paused" : state;
  if (element("connection-text").textContent !== text) element("connection-text").textContent = text;
  const time = shown().newest?.time;
  element("sampled").textContent = time ? `last sample ${clock(time)}` : "";
  document.body.classList.toggle("is-old", state === "away" || state === "lost");
}

function drawVerdict(replicas) {
  const { text, level } = verdict(replicas);
  element("verdict").dataset.level = level;
  if (text === said) return;
  said = text;
  element("verdict-text").textContent = text;
  announce(text);
}

function figure(id, value, note) {
  element(`${id}-value`).textContent = value;
  element(`${id}-note`).textContent = note;
}

function drawFigures(samples, newest, slowest, replicas) {
  if (newest === null) return;
  const ready = replicas.filter((one) => one.state === "ready").length;
  const { write } = MEASURES[measure];
  const { mean, deviation, max } = newest[measure];
  const grown = newest.offset - (samples[0]?.offset ?? newest.offset);
  figure("ready", `${ready} of ${replicas.length}`, [...countStates(replicas)].filter(
    ([state]) => state !== "ready").map(([state, many]) => `${many} ${stateWord(state)}`).join(", ")
    || "all caught up");
  figure("behind", write(max), `mean ${write(mean)} ± ${write(deviation)}`);
  figure("visible", duration(newest.p50), Number.isFinite(newest.p99)
    ? `99 of 100: ${duration(newest.p99)}${slowest ? `, slowest ${slowest}` : ""}` : "not measured yet");
  figure("rate", `${number(newest.rate)}/s`, `${bytes(newest.bytesRate)}/s`);
  figure("head", number(newest.offset), `${count(grown, "line")} in the window`);
}

function drawLegend(replicas) {
  const counts = countStates(replicas);
  for (const item of document.querySelectorAll("#states [data-state]")) {
    item.querySelector(".legend-count").textContent = number(counts.get(item.dataset.state) ?? 0);
  }
}

// Controls

function drawLegends() {
  fill(element("hops"), ...hopLegend().map((text, index) => h("li", null,
    h("span", { class: `hop-sample hop-${index}`, "aria-hidden": "true" }), text)));
  fill(element("states"), ...["ready", "catching-up", "lagging", "silent"].map((state) => h("li", {
    "data-state": state, class: stateClass(state),
  }, h("span", { class: "state-mark", "aria-hidden": "true" }), stateWord(state), " ",
  h("span", { class: "legend-count" }, "0"))));
}

function listen() {
  element("pause").addEventListener("click", pause);
  element("csv").addEventListener("click", exportCSV);
  element("png").addEventListener("click", exportPicture);
  for (const input of document.querySelectorAll("[name=window]")) {
    input.addEventListener("change", () => { seconds = Number(input.value); draw(); });
    if (input.checked) seconds = Number(input.value);
  }
  for (const input of document.querySelectorAll("[name=measure]")) {
    input.addEventListener("change", () => { measure = input.value; draw(); });
    if (input.checked) measure = input.value;
  }
  document.addEventListener("keydown", (event) => {
    const isTyping = event.target.matches("input[type=search]");
    const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey;
    if (event.key.toLowerCase() === "p" && isPlain && !isTyping) pause();
  });
  onSchemeChange(() => { colours = readColours(); draw(); });
}

drawLegends();
listen();
draw();
feed.start();
