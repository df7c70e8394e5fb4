// Draws the tree.

import { HOP_BOUNDS, hopClass, layOut } from "./fanout.js";
import { sortReplicas, stateClass, stateWord } from "./replica.js";
import { duration } from "./units.js";

const SVG = "http://www.w3.org/2000/svg";
const SIZE = 400;
/** What is left around the outermost ring, with and without names beside it. */
const MARGINS = { names: 84, none: 14 };
const LABELS_MAX = 40;
/** So many have their lag beside them, too. */
const LAGS_MAX = 16;

const nodeRadius = (count) => (count <= 12 ? 10 : count <= 40 ? 7 : count <= 150 ? 4.5 : 3);
const marginOf = (count) => (count <= LABELS_MAX ? MARGINS.names : MARGINS.none);

/** Where a point of the layout stands in a drawing of so many nodes. */
function placing(count) {
  const scale = SIZE / 2 - marginOf(count);
  return (value) => Number((SIZE / 2 + value * scale).toFixed(2));
}

export class TreeView {
  /** `onSelect(id)`: a node was pressed. */
  constructor(svg, onSelect) {
    this.svg = svg;
    this.onSelect = onSelect;
    this.shape = "";
    svg.setAttribute("viewBox", `0 0 ${SIZE} ${SIZE}`);
    svg.addEventListener("click", (event) => this.#press(event.target));
    svg.addEventListener("keydown", (event) => this.#key(event));
  }

  /** `highlighted`: Map of id → the number of its colour; `chosen`: Set of ids. */
  draw(unsorted, highlighted, chosen) {
    const replicas = sortReplicas(unsorted, "id", false);
    const layout = layOut(replicas);
    const shape = replicas.map(({ id, upstream }) => `${id}<${upstream}`).join();
    // Elements stay while the tree has the same shape, so that nothing is taken from under a pointer.
    if (shape !== this.shape) this.#build(layout);
    this.shape = shape;
    for (const node of layout.nodes) {
      const { id } = node.replica;
      this.#update(node, highlighted.get(id), chosen.has(id));
    }
  }

  #build({ nodes, depth }) {
    const focused = this.svg.contains(document.activeElement) ? document.activeElement.dataset.id : null;
    const count = nodes.length;
    const at = placing(count);
    const rings = Array.from({ length: depth }, (_, index) => make("circle", {
      cx: at(0), cy: at(0), r: at((index + 1) / depth) - at(0), class: "ring",
    }));
    this.edges = new Map(nodes.map((node) => [node.replica.id, make("path", { d: edgePath(node, at) })]));
    this.nodes = new Map(nodes.map((node) => [node.replica.id, nodeElement(node, count)]));
    this.svg.replaceChildren(
      make("g", { class: "rings", "aria-hidden": "true" }, rings),
      make("g", { class: "edges", "aria-hidden": "true" }, [...this.edges.values()]),
      rootElement(at(0)), make("g", { class: "nodes" }, [...this.nodes.values()]));
    this.#makeFocusable(this.nodes.get(focused) ?? this.nodes.values().next().value);
    if (focused !== null) this.nodes.get(focused)?.focus({ preventScroll: true });
  }

  #update(node, colour, isChosen) {
    const { replica } = node;
    const edge = this.edges.get(replica.id);
    edge.setAttribute("class", `edge hop-${hopClass(node.hop)}${this.isDashed(replica) ? " is-bus" : ""}`
      + (node.isFed ? "" : " is-waiting"));
    const element = this.nodes.get(replica.id);
    element.setAttribute("class", `node ${stateClass(replica.state)}`
      + (colour === undefined ? "" : ` is-chosen line-${colour}`));
    element.setAttribute("aria-label", sentence(node));
    element.setAttribute("aria-pressed", String(isChosen));
    element.querySelector("title").textContent = sentence(node);
    const small = element.querySelector(".node-lag");
    if (small) small.textContent = duration(replica.lag_ms);
  }

  /** Over Redis; where edges lie close, dashes would only flicker. */
  isDashed({ upstream }) {
    return upstream === "redis" && this.nodes.size <= LABELS_MAX;
  }

  #press(target) {
    const node = target.closest(".node");
    if (!node) return;
    this.#makeFocusable(node);
    this.onSelect(node.dataset.id);
  }

  /** One stop for the tabulator key; the arrows go on from there. */
  #makeFocusable(element) {
    for (const one of this.nodes.values()) one.setAttribute("tabindex", one === element ? "0" : "-1");
  }

  #key(event) {
    const all = [...this.nodes.values()];
    const index = all.indexOf(event.target.closest(".node"));
    if (index < 0) return;
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      const next = all.at((index + step) % all.length);
      this.#makeFocusable(next);
      next.focus();
    } else if (event.key === "Enter" || event.key === " ") {
      this.onSelect(event.target.dataset.id);
    } else {
      return;
    }
    event.preventDefault();
  }
}

function make(name, attributes, children = []) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/** Leaves its parent outwards, so that the edges of one parent do not lie on each other. */
function edgePath({ parent, x, y, radius, angle }, at) {
  if (parent === null) return `M${at(0)} ${at(0)}L${at(x)} ${at(y)}`;
  const bend = (parent.radius + radius) / 2;
  const [cx, cy] = [Math.cos(angle) * bend, Math.sin(angle) * bend];
  return `M${at(parent.x)} ${at(parent.y)}Q${at(cx)} ${at(cy)} ${at(x)} ${at(y)}`;
}

function rootElement(middle) {
  return make("g", { class: "root", "aria-hidden": "true" }, [
    make("circle", { cx: middle, cy: middle, r: 20 }),
    text(middle, middle + 5, "log", "root-label", "middle"),
  ]);
}

function text(x, y, content, className, anchor) {
  const element = make("text", { x, y, class: className, "text-anchor": anchor });
  element.textContent = content;
  return element;
}

/** Shapes tell the states apart without colour: a disc, a ring, a triangle, a square. All are made; the
 * state's style shows one. */
function nodeElement(node, count) {
  const radius = nodeRadius(count);
  const [x, y] = [node.x, node.y].map(placing(count));
  const side = radius * 0.9;
  const shapes = [
    make("circle", { cx: x, cy: y, r: radius + 5, class: "halo" }),
    make("circle", { cx: x, cy: y, r: radius, class: "shape shape-ready" }),
    make("circle", { cx: x, cy: y, r: radius - 1, class: "shape shape-catching-up" }),
    make("path", { class: "shape shape-lagging",
      d: `M${x} ${y - radius * 1.3}l${radius * 1.2} ${radius * 2.1}h${-radius * 2.4}z` }),
    make("rect", { class: "shape shape-silent",
      x: x - side, y: y - side, width: side * 2, height: side * 2 }),
  ];
  const labels = count <= LABELS_MAX ? labelElements(node, radius, count) : [];
  return make("g", { role: "button", "data-id": node.replica.id }, [
    make("title", {}), ...shapes, ...labels,
  ]);
}

/** Beside the node, on the side away from the middle; of many, along the way out. */
function labelElements(node, radius, count) {
  // Between two rings there is no room for a name beside the edges that go on from here.
  if (node.children.length > 0 && count > LAGS_MAX) return [];
  const [x, y] = [node.x, node.y].map(placing(count));
  const gap = radius + 9;
  if (count > LAGS_MAX) return [turnedName(node, x, y, gap)];
  const [side, height] = [Math.cos(node.angle), Math.sin(node.angle)];
  if (Math.abs(side) < 0.3) return names(node, x, height < 0 ? y - gap - 15 : y + gap + 11, "middle");
  return names(node, x + Math.sign(side) * gap, y - 2, side > 0 ? "start" : "end");
}

function names(node, x, y, anchor) {
  const name = text(x, y, shortened(node.replica.id), "node-name", anchor);
  return [name, text(x, y + 15, "", "node-lag", anchor)];
}

/** Never upside down: on the left side it ends at its node. */
function turnedName(node, x, y, gap) {
  const isLeft = Math.cos(node.angle) < -0.001;
  const degrees = node.angle * 180 / Math.PI + (isLeft ? 180 : 0);
  const name = text(x + (isLeft ? -gap : gap), y + 4, shortened(node.replica.id), "node-name is-small",
    isLeft ? "end" : "start");
  name.setAttribute("transform", `rotate(${degrees.toFixed(2)} ${x} ${y})`);
  return name;
}

function shortened(id) {
  const letters = [...id];
  return letters.length <= 14 ? id : `${letters.slice(0, 5).join("")}…${letters.slice(-8).join("")}`;
}

function sentence({ replica, parent, hop, isFed }) {
  const from = parent?.replica.id ?? (replica.upstream === "redis" ? "the log over Redis" : "the log");
  const way = isFed ? `fed by ${from}, ${duration(hop)} behind it` : "waits for an upstream";
  return `${replica.id}: ${stateWord(replica.state)}, ${way}, ${duration(replica.lag_ms)} behind the log`;
}

/** What the widths and colours of edges mean, from prompt to late. */
export function hopLegend() {
  const [low, middle, high] = HOP_BOUNDS.map(duration);
  return [`under ${low}`, `under ${middle}`, `under ${high}`, `${high} or more`];
}
