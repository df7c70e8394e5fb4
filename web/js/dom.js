// Elements by description. Text is only ever a text node: nothing here (nor anywhere else) parses markup.

const SVG = "http://www.w3.org/2000/svg";

/** An element. `props`: attributes (null, undefined and false are left out, true is an empty one), listeners
 * as `onclick: f`, and `class`; `children`: nodes, texts, arrays of them, or null for nothing. */
export function h(tag, props, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) setProperty(element, name, value);
  append(element, children);
  return element;
}

function setProperty(element, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
  else element.setAttribute(name, value === true ? "" : value);
}

function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : document.createTextNode(child));
  }
}

/** Puts `children` in the place of all that the element has. */
export function fill(element, ...children) {
  element.replaceChildren();
  append(element, children);
  return element;
}

const filled = new WeakMap();

/** Like `fill`, but an element that was filled with the same signature stays as it is, so that nothing is taken
 * from under a pointer. `make` gives the children. */
export function fillAnew(element, signature, make) {
  const text = JSON.stringify(signature);
  if (filled.get(element) === text) return;
  filled.set(element, text);
  fill(element, ...make());
}

/** Makes the children of `parent` those of `items`: [{key, signature, make}]. An element whose signature is
 * the same stays as it is, so that nothing is taken from under a pointer. `shown`: what the call before gave. */
export function place(parent, shown, items) {
  const wanted = new Map();
  for (const { key, signature, make } of items) {
    const old = shown.get(key);
    const hadFocus = old?.element.contains(document.activeElement) === true;
    wanted.set(key, old?.signature === signature ? old : { element: make(), signature, hadFocus });
  }
  for (const [key, { element }] of shown) {
    if (wanted.get(key)?.element !== element) element.remove();
  }
  let next = parent.firstElementChild;
  for (const { element } of wanted.values()) {
    if (element === next) next = next.nextElementSibling;
    else parent.insertBefore(element, next);
  }
  for (const one of wanted.values()) {
    if (one.hadFocus) focusable(one.element)?.focus({ preventScroll: true });
    one.hadFocus = false;
  }
  return wanted;
}

function focusable(element) {
  return element.matches("[tabindex]") ? element : element.querySelector("a, button, textarea");
}

/** A button with a picture and a name for those who do not see it. */
export function iconButton(icon, label, onclick, props = {}) {
  return h("button", { type: "button", class: "icon-button", "aria-label": label, title: label, onclick,
    ...props }, picture(icon));
}

// Strokes on a 24 × 24 grid.
const PICTURES = {
  add: "M12 5v14M5 12h14",
  back: "M15 5l-7 7 7 7",
  close: "M6 6l12 12M18 6L6 18",
  down: "M6 9l6 6 6-6",
  edit: "M4 20h4L19 9l-4-4L4 16v4M13 7l4 4",
  hash: "M5 9h14M5 15h14M10 4L8 20M16 4l-2 16",
  lock: "M7 11V8a5 5 0 0110 0v3M5 11h14v9H5z",
  logo: "M4 5h16v11H10l-6 4z",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  people: "M9 11a3.5 3.5 0 100-7 3.5 3.5 0 000 7M2.5 20a6.5 6.5 0 0113 0M16 4.3a3.5 3.5 0 010 6.4" +
    "M17.5 14a6.5 6.5 0 014 6",
  reply: "M10 8L4 13l6 5v-3.500c5 0 8 1 10 4.500 0-6-4-9-10-9z",
  retry: "M4 12a8 8 0 108-8c-2.500 0-4.700 1-6 3M5 3v4.500h4.500",
  search: "M11 4a7 7 0 100 14 7 7 0 000-14M16 16l4.500 4.500",
  send: "M4 12l16-8-5 16-3.500-6.500L4 12M11.500 13.500L20 4",
  settings: "M4 7h10M18 7h2M4 17h2M10 17h10M16 5v4M8 15v4",
  signout: "M14 4H5v16h9M10 12h11M17 8l4 4-4 4",
  smile: "M12 3a9 9 0 100 18 9 9 0 000-18M8 14c1 1.7 2.4 2.5 4 2.5s3-.8 4-2.5M9 9.5h.01M15 9.5h.01",
  thread: "M4 5h16v9H9l-5 4zM8 9.500h8",
  trash: "M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v5M14 11v5",
};

export function picture(name) {
  const svg = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "picture");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", PICTURES[name]);
  svg.append(path);
  return svg;
}

/** Calls `action` once before the next frame, however often it was asked for. */
export function oncePerFrame(action) {
  let isDue = false;
  return () => {
    if (isDue) return;
    isDue = true;
    requestAnimationFrame(() => {
      isDue = false;
      action();
    });
  };
}

/** Says something to screen readers. */
export function announce(text) {
  document.getElementById("announcer").textContent = text;
}
