// The five charts, drawn by Chart.js, which is there before this runs.

import { faded } from "./colours.js";
import { series } from "./samples.js";
import { age, brief, bytes, clock, duration, number } from "./units.js";

const { Chart } = globalThis;

/** With so many replicas each has a colour of its own. */
const COLOURED_MAX = 6;
/** With so many the others are drawn, too, faintly; beyond it the band alone. */
const FAINT_MAX = 120;
const DASHES = [[], [7, 3], [2, 3], [10, 3, 2, 3], [5, 5], [1, 2]];

const point = (sample, y) => ({ x: sample.time / 1000, y });
const line = (samples, value) => samples.map((sample) => point(sample, value(sample)));

/** Lags differ by orders of magnitude: they stand on an axis of log10(1 + lag). */
const LOGARITHMIC = {
  place: (value) => (value === null ? null : Math.log10(1 + value)),
  value: (place) => 10 ** place - 1,
};
const NARROW = 430;
const SPAN_SECONDS_MIN = 30;
/** Seconds between two ticks. */
const STEPS = [10, 15, 30, 60, 120, 300];

/** One chart in a canvas. `describe(samples)`: what a screen reader says of it. */
class LiveChart {
  /** `unit`: writes a value; `unit1`: those of the right axis, where there is one;
   * `stepsOf()`: the ticks of a logarithmic axis. */
  constructor(canvas, { unit, unit1 = null, stepsOf = null, describe, make }) {
    this.canvas = canvas;
    this.describe = describe;
    this.make = make;
    const write = stepsOf ? (place) => unit(LOGARITHMIC.value(place)) : unit;
    this.chart = new Chart(canvas, {
      type: "line", data: { datasets: [] }, options: options(write, unit1),
      plugins: stepsOf ? [{ id: "others", beforeDatasetsDraw: (one) => drawOthers(one, this.context) }] : [],
    });
    if (stepsOf) makeLogarithmic(this.chart.options.scales.y, stepsOf, () => greatest(this.context));
  }

  /** `context`: { samples, seconds, replicas, highlighted, unit, colours }. */
  draw(context) {
    const { chart } = this;
    const { samples, seconds, colours } = context;
    this.context = context;
    const [oldest, newest] = [samples[0]?.time ?? 0, samples.at(-1)?.time ?? 0].map((time) => time / 1000);
    // What has just begun is not drawn into the last corner.
    const span = Math.min(seconds, Math.max(SPAN_SECONDS_MIN, newest - oldest));
    Object.assign(chart.options.scales.x, { min: newest - span, max: newest });
    chart.options.scales.x.afterBuildTicks = (axis) => { axis.ticks = ticks(newest, span, chart); };
    chart.options.scales.x.ticks.callback = (value) => age(Math.round(newest - value));
    paint(chart, colours);
    merge(chart, this.make(context));
    chart.update("none");
    this.canvas.setAttribute("aria-label", samples.length === 0 ? "No samples yet" : this.describe(context));
  }
}

/** Datasets keep their identity, so that one hidden in the legend stays hidden. */
function merge(chart, datasets) {
  const known = new Map(chart.data.datasets.map((one) => [one.label, one]));
  chart.data.datasets = datasets.map((one) => Object.assign(known.get(one.label) ?? {}, one));
}

/** Counted back from the newest sample, so that they stand still while the lines move. */
function ticks(newest, span, { width }) {
  const step = STEPS.find((one) => span / one <= (width < NARROW ? 2.5 : 5));
  const count = Math.floor(span / step) + 1;
  return Array.from({ length: count }, (_, index) => ({ value: newest - (count - 1 - index) * step }));
}

/** The axis reaches to 12 at least, so that a lag of nothing much does not look like one. */
function makeLogarithmic(axis, stepsOf, most) {
  axis.bounds = "data";
  axis.ticks.autoSkip = false;
  axis.afterDataLimits = (scale) => { scale.max = LOGARITHMIC.place(Math.max(12, most() * 1.2)); };
  axis.afterBuildTicks = (scale) => decades(scale, stepsOf());
}

function decades(axis, steps) {
  axis.ticks = [0, ...steps].map((value) => ({ value: LOGARITHMIC.place(value) })).filter(
    ({ value }) => value <= axis.max);
}

function options(unit, unit1) {
  const axis = (write, position) => ({
    type: "linear", position, beginAtZero: true, border: {}, ticks: {
      maxTicksLimit: 5, callback: write, font: { size: 11 },
    }, grid: { drawBorder: false, drawOnChartArea: position === "left", drawTicks: false },
  });
  return {
    animation: false, responsive: true, maintainAspectRatio: false, parsing: false, normalized: true,
    spanGaps: 1.6, interaction: { mode: "index", intersect: false, axis: "x" },
    elements: {
      point: { radius: 0, hitRadius: 8, hoverRadius: 3, pointStyle: "line" }, line: { borderWidth: 1.8 },
    },
    scales: {
      x: { type: "linear", grid: { display: false, drawBorder: false }, ticks: {
        maxRotation: 0, autoSkip: false, font: { size: 11 }, align: "inner",
      } },
      y: axis(unit, "left"),
      ...(unit1 ? { y1: axis(unit1, "right") } : {}),
    },
    plugins: {
      legend: { display: true, align: "start", position: "bottom", labels: {
        usePointStyle: true, pointStyleWidth: 20, font: { size: 11 }, padding: 8,
        filter: (item) => !item.text.startsWith(" "),
      } },
      tooltip: {
        filter: (item) => !item.dataset.label.startsWith(" "),
        itemSort: (a, b) => b.parsed.y - a.parsed.y, boxHeight: 2, boxWidth: 12, padding: 8,
        callbacks: {
          title: (items) => (items.length > 0 ? clock(items[0].parsed.x * 1000) : ""),
          label: ({ dataset, parsed }) =>
            ` ${dataset.label}: ${(dataset.yAxisID === "y1" ? unit1 : unit)(parsed.y)}`,
        },
      },
    },
  };
}

function paint(chart, colours) {
  for (const axis of Object.values(chart.options.scales)) {
    axis.ticks.color = colours.soft;
    axis.grid.color = faded(colours.soft, 0.16);
  }
  chart.options.plugins.legend.labels.color = colours.soft;
  Object.assign(chart.options.plugins.tooltip, {
    backgroundColor: colours.text, titleColor: colours.ground, bodyColor: colours.ground,
  });
}

const stroke = (label, colour, data, more = {}) =>
  ({ label, data, borderColor: colour, backgroundColor: colour, fill: false, ...more });

/** Of the two ways to measure how far behind a replica is. */
export const MEASURES = {
  ms: { write: duration, inWords: duration, steps: [1, 10, 100, 1_000, 10_000, 60_000, 600_000] },
  lag: { write: number, inWords: (value) => `${number(value)} entries`,
    steps: [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000] },
};

function lagLines({ samples, replicas, highlighted, measure, colours }) {
  const lines = highlighted.slice(0, COLOURED_MAX).map((id, index) => stroke(id, colours.lines[index],
    series(samples, id, measure).map((value, at) => point(samples[at], LOGARITHMIC.place(value))),
    { borderDash: DASHES[index] }));
  return replicas.length > FAINT_MAX ? [...lines, ...band(samples, measure, colours)] : lines;
}

function greatest({ samples, measure } = { samples: [] }) {
  return samples.reduce((most, one) => Math.max(most, one[measure].max ?? 0), 0);
}

/** All replicas without a colour of their own, straight onto the canvas: as datasets of the chart a hundred
 * would cost ten times as much. */
function drawOthers(chart, { samples, replicas, highlighted, measure, colours } = { replicas: [] }) {
  const others = replicas.filter((one) => !highlighted.includes(one.id));
  if (others.length === 0 || replicas.length > FAINT_MAX) return;
  const { ctx: canvas, chartArea: { left, top, width, height }, scales: { x, y } } = chart;
  const lefts = samples.map((one) => x.getPixelForValue(one.time / 1000));
  const [bottom, step] = [y.getPixelForValue(0), y.getPixelForValue(1) - y.getPixelForValue(0)];
  canvas.save();
  canvas.beginPath();
  canvas.rect(left, top, width, height);
  canvas.clip();
  canvas.strokeStyle = faded(colours.soft, others.length > 40 ? 0.15 : 0.3);
  canvas.lineWidth = 1;
  for (const { id } of others) {
    canvas.beginPath();
    let isDrawing = false;
    series(samples, id, measure).forEach((value, index) => {
      if (value === null) {
        isDrawing = false;
      } else {
        canvas[isDrawing ? "lineTo" : "moveTo"](lefts[index], bottom + step * LOGARITHMIC.place(value));
        isDrawing = true;
      }
    });
    canvas.stroke();
  }
  canvas.restore();
}

function band(samples, measure, colours) {
  const edge = (label, value, more) => stroke(label, "transparent", line(samples, (one) =>
    LOGARITHMIC.place(one[measure][value])), { borderWidth: 0, order: 2, ...more });
  return [
    edge(" least", "min"),
    edge("all others", "max", {
      fill: "-1", backgroundColor: faded(colours.soft, 0.22), pointStyle: "rect",
    }),
  ];
}

function meanLines({ samples, measure, colours }) {
  const shade = faded(colours.accent, 0.18);
  const edge = (label, sign) => stroke(label, "transparent", line(samples, ({ [measure]: one }) =>
    (one.mean === null ? null : Math.max(0, one.mean + sign * one.deviation))), { borderWidth: 0 });
  return [
    stroke("mean", colours.accent, line(samples, (one) => one[measure].mean)),
    edge(" lower", -1),
    { ...edge("± one standard deviation", 1), fill: "-1", backgroundColor: shade, pointStyle: "rect" },
  ];
}

/** canvases: { lag, spread, visible, head, throughput }. */
export function makeCharts(canvases, measureOf) {
  const write = (value) => MEASURES[measureOf()].write(value);
  const say = (value) => MEASURES[measureOf()].inWords(value);
  return {
    lag: new LiveChart(canvases.lag, {
      unit: write, stepsOf: () => MEASURES[measureOf()].steps, make: lagLines,
      describe: ({ samples, measure }) =>
        `Lag of each replica over time; the greatest is now ${say(samples.at(-1)[measure].max)}`,
    }),
    spread: new LiveChart(canvases.spread, {
      unit: write, make: meanLines,
      describe: ({ samples, measure }) => {
        const { mean, deviation } = samples.at(-1)[measure];
        return `Mean lag ${say(mean)}, standard deviation ${say(deviation)} over all replicas`;
      },
    }),
    visible: new LiveChart(canvases.visible, {
      unit: duration,
      make: ({ samples, colours }) => [
        stroke("median", colours.accent, line(samples, (one) => one.p50)),
        stroke("99 of 100", colours.warn, line(samples, (one) => one.p99), { borderDash: [6, 3] }),
      ],
      describe: ({ samples }) => {
        const { p50, p99 } = samples.at(-1);
        return `Time from durable to visible on all: median ${duration(p50)}, 99 of 100 ${duration(p99)}`;
      },
    }),
    head: new LiveChart(canvases.head, {
      unit: brief,
      make: ({ samples, colours }) => [stroke("head", colours.accent, line(samples, (one) => one.offset), {
        fill: "start", backgroundColor: faded(colours.accent, 0.12),
      })],
      describe: ({ samples }) => `The log's newest offset is ${number(samples.at(-1).offset)}, from
        ${number(samples[0].offset)} at the beginning of the window`,
    }),
    throughput: new LiveChart(canvases.throughput, {
      unit: brief, unit1: bytes,
      make: ({ samples, colours }) => [
        stroke("lines per second", colours.accent, line(samples, (one) => one.rate), {
          fill: "start", backgroundColor: faded(colours.accent, 0.12),
        }),
        stroke("bytes per second (right)", colours.warn, line(samples, (one) => one.bytesRate), {
          yAxisID: "y1", borderDash: [6, 3], borderWidth: 1.3,
        }),
      ],
      describe: ({ samples }) =>
        `${number(samples.at(-1).rate)} lines and ${bytes(samples.at(-1).bytesRate)} per second`,
    }),
  };
}
