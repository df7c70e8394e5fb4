// The style sheet's colours as a canvas wants them, for the scheme that is in use.

const LINES = 6;

/** { ground, text, soft, edge, accent, good, notice, warn, bad, lines: [string] }. */
export function readColours() {
  const probe = document.createElement("span");
  probe.hidden = true;
  document.body.append(probe);
  const read = (name) => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const names = ["raised", "text", "soft", "edge", "accent", "good", "notice", "warn-line", "bad"];
  const [ground, text, soft, edge, accent, good, notice, warn, bad] = names.map(read);
  const lines = Array.from({ length: LINES }, (_, index) => read(`line-${index}`));
  probe.remove();
  return { ground, text, soft, edge, accent, good, notice, warn, bad, lines };
}

/** `colour`: as the browser computes it, `rgb(…)`. */
export function faded(colour, opacity) {
  return colour.replace(/^rgba?\(([^)]*)\)$/, (_, parts) => {
    const [red, green, blue] = parts.split(/[\s,/]+/);
    return `rgba(${red}, ${green}, ${blue}, ${opacity})`;
  });
}

/** Calls back when the scheme changes. */
export function onSchemeChange(action) {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", action);
}
