// The table of replicas: sorted by any column, filtered, each row a choice for the chart of lags.

import { fill, h, place } from "../js/dom.js";
import { sortReplicas, stateClass, stateMeaning, stateWord } from "./replica.js";
import { series } from "./samples.js";
import { peaks, summary } from "./statistics.js";
import { duration, number } from "./units.js";

const SVG = "http://www.w3.org/2000/svg";
const SPARK_PARTS = 48;
const SPARK_HEIGHT = 20;

const COLUMNS = [
  ["id", "Replica"], ["state", "State"], ["tier", "Tier"], ["upstream", "Fed by"], ["offset", "Offset"],
  ["lag", "Entries behind"], ["lag_ms", "Time behind"], ["mean", "Mean ± deviation"],
  ["last_heard_ms", "Last heard"],
];
const NUMBERS = new Set(["tier", "offset", "lag", "lag_ms", "mean", "last_heard_ms"]);

export class ReplicaTable {
  #sort = { column: "state", isDescending: false };
  #rows = new Map();

  /** `onSelect(id)`: a row was chosen; `onChange()`: to be drawn anew. */
  constructor({ table, filter, summary: caption }, { onSelect, onChange }) {
    this.table = table;
    this.filter = filter;
    this.caption = caption;
    this.onSelect = onSelect;
    this.onChange = onChange;
    this.body = h("tbody");
    this.heads = new Map(COLUMNS.map(([column, title]) => [column, this.#head(column, title)]));
    fill(table, h("thead", null, h("tr", null, ...this.heads.values(),
      h("th", { scope: "col", class: "spark-cell" }, "Over the window"))), this.body);
    filter.addEventListener("input", onChange);
  }

  #head(column, title) {
    const button = h("button", { type: "button", class: "sort", onclick: () => this.#sortBy(column) },
      title, h("span", { class: "sort-mark", "aria-hidden": "true" }));
    return h("th", { scope: "col", class: NUMBERS.has(column) ? "is-number" : null }, button);
  }

  #sortBy(column) {
    const isSame = this.#sort.column === column;
    this.#sort = { column, isDescending: isSame ? !this.#sort.isDescending : NUMBERS.has(column) };
    this.onChange();
  }

  /** `highlighted`: Map of id → the number of its colour. */
  draw({ replicas, samples, highlighted, chosen, measure }) {
    const rows = replicas.map((one) => {
      const values = series(samples, one.id, measure);
      return { ...one, values, ...summary(values) };
    });
    const wanted = this.filter.value.trim().toLowerCase();
    const shown = rows.filter((one) => wanted === "" || one.id.toLowerCase().includes(wanted)
      || stateWord(one.state).includes(wanted));
    const sorted = sortReplicas(shown, this.#sort.column, this.#sort.isDescending);
    const top = Math.max(10, ...rows.map((one) => one.max ?? 0));
    this.#rows = place(this.body, this.#rows, sorted.map((one) => ({
      key: one.id, signature: "", make: () => this.#row(one.id),
    })));
    for (const one of sorted) {
      updateRow(this.#rows.get(one.id).element, one, { highlighted, chosen, measure, top });
    }
    for (const [column, head] of this.heads) {
      const order = this.#sort.isDescending ? "descending" : "ascending";
      head.setAttribute("aria-sort", this.#sort.column === column ? order : "none");
    }
    this.caption.textContent = shown.length === rows.length
      ? number(rows.length) : `${number(shown.length)} of ${number(rows.length)}`;
  }

  #row(id) {
    const spark = document.createElementNS(SVG, "svg");
    spark.setAttribute("viewBox", `0 0 ${SPARK_PARTS} ${SPARK_HEIGHT}`);
    spark.setAttribute("preserveAspectRatio", "none");
    spark.setAttribute("aria-hidden", "true");
    spark.append(document.createElementNS(SVG, "path"));
    const cells = COLUMNS.slice(1).map(([column]) => h("td", {
      class: `${column === "state" ? "state-cell" : ""} ${NUMBERS.has(column) ? "is-number" : ""}`,
    }));
    return h("tr", { "data-id": id }, h("th", { scope: "row" }, h("button", {
      type: "button", class: "choose", onclick: () => this.onSelect(id),
    }, h("span", { class: "swatch", "aria-hidden": "true" }), h("bdi", null, id))),
    ...cells, h("td", { class: "spark-cell" }, spark));
  }
}

function updateRow(row, one, { highlighted, chosen, measure, top }) {
  const colour = highlighted.get(one.id);
  const button = row.querySelector(".choose");
  button.setAttribute("aria-pressed", String(chosen.has(one.id)));
  const title = chosen.has(one.id) ? "Let the chart choose again" : "Show in the chart of lags";
  button.setAttribute("title", title);
  setClass(row, `${colour === undefined ? "" : `line-${colour}`} ${stateClass(one.state)}`);
  const write = measure === "ms" ? duration : number;
  const texts = [
    stateWord(one.state), number(one.tier), fedBy(one.upstream), number(one.offset), number(one.lag),
    duration(one.lag_ms), one.mean === null ? "–" : `${write(one.mean)} ± ${write(one.deviation)}`,
    `${duration(one.last_heard_ms)} ago`,
  ];
  texts.forEach((text, index) => {
    const cell = row.children[index + 1];
    if (cell.textContent !== text) cell.textContent = text;
  });
  row.children[1].setAttribute("title", note(one));
  row.querySelector("path").setAttribute("d", spark(one.values, top));
}

function note(one) {
  const delayed = one.simulated_delay ? `; its reports are delayed by ${one.simulated_delay} on purpose` : "";
  return stateMeaning(one.state) + delayed;
}

function fedBy(upstream) {
  if (upstream === null || upstream === undefined) return "waits";
  return upstream === "redis" ? "log over Redis" : upstream;
}

function setClass(element, name) {
  if (element.className !== name) element.className = name;
}

/** An area of the peaks, all rows on one logarithmic scale, so that they can be compared. */
function spark(values, top) {
  const heights = peaks(values, SPARK_PARTS).map((value) => SPARK_HEIGHT
    - (value === null ? 0 : Math.max(0.6, (Math.log1p(value) / Math.log1p(top)) * (SPARK_HEIGHT - 1))));
  return `M0 ${SPARK_HEIGHT}${heights.map((y, x) => `L${x} ${y.toFixed(1)}h1`).join("")}V${SPARK_HEIGHT}z`;
}
