// All that is seen as one picture, and files for whoever wants to take something along.

const PADDING = 20;
const HEADER = 104;

/** A canvas with every panel of `area` where it stands on the page. `lines`: what stands under the title. */
export function drawPicture({ title, lines, area, colours, font }) {
  const canvas = document.createElement("canvas");
  const frame = area.getBoundingClientRect();
  const scale = Math.max(1, devicePixelRatio);
  canvas.width = Math.round((frame.width + 2 * PADDING) * scale);
  canvas.height = Math.round((frame.height + HEADER + PADDING) * scale);
  const context = canvas.getContext("2d");
  context.scale(scale, scale);
  const write = (text, x, y, style, colour) => {
    context.font = `${style} ${font}`;
    context.fillStyle = colour;
    context.fillText(text, x, y);
  };
  context.fillStyle = colours.ground;
  context.fillRect(0, 0, canvas.width, canvas.height);
  write(title, PADDING, 40, "650 22px", colours.text);
  lines.forEach((text, index) => write(text, PADDING, 64 + 20 * index, "400 14px", colours.soft));
  context.translate(PADDING - frame.left, HEADER - frame.top);
  for (const heading of area.querySelectorAll("h2")) {
    const { left, bottom } = heading.getBoundingClientRect();
    write(heading.textContent.trim(), left, bottom - 4, "600 13.5px", colours.text);
  }
  for (const chart of area.querySelectorAll("canvas")) {
    const { left, top, width, height } = chart.getBoundingClientRect();
    context.drawImage(chart, left, top, width, height);
  }
  for (const drawing of area.querySelectorAll("svg")) paintDrawing(context, drawing);
  return canvas;
}

/** The circles, paths, rectangles and texts of an SVG element, as its styles have them. (The policy lets no
 * image be made of it.) */
function paintDrawing(context, svg) {
  const { left, top, width } = svg.getBoundingClientRect();
  const scale = width / svg.viewBox.baseVal.width;
  for (const element of svg.querySelectorAll("circle, path, rect, text")) {
    const style = getComputedStyle(element);
    if (style.display === "none") continue;
    context.save();
    context.translate(left, top);
    context.scale(scale, scale);
    context.globalAlpha = Number(style.opacity);
    const turned = element.transform.baseVal.consolidate()?.matrix;
    if (turned) context.transform(turned.a, turned.b, turned.c, turned.d, turned.e, turned.f);
    if (element.tagName === "text") paintText(context, element, style);
    else paintShape(context, outline(element), style);
    context.restore();
  }
}

function outline(element) {
  const value = (name) => Number(element.getAttribute(name));
  if (element.tagName === "path") return new Path2D(element.getAttribute("d"));
  const path = new Path2D();
  if (element.tagName === "rect") path.rect(value("x"), value("y"), value("width"), value("height"));
  else path.arc(value("cx"), value("cy"), value("r"), 0, 2 * Math.PI);
  return path;
}

function paintShape(context, path, style) {
  if (style.fill !== "none") {
    context.fillStyle = style.fill;
    context.fill(path);
  }
  if (style.stroke === "none") return;
  context.strokeStyle = style.stroke;
  context.lineWidth = parseFloat(style.strokeWidth);
  const dashes = style.strokeDasharray === "none" ? [] : style.strokeDasharray.split(",").map(parseFloat);
  context.setLineDash(dashes);
  context.stroke(path);
}

const ALIGNMENTS = { start: "left", middle: "center", end: "right" };

function paintText(context, element, style) {
  context.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
  context.fillStyle = style.fill;
  context.textAlign = ALIGNMENTS[style.textAnchor];
  context.fillText(element.textContent, Number(element.getAttribute("x")), Number(element.getAttribute("y")));
}

/** Has the browser keep `blob` as a file. */
export function save(blob, name) {
  const address = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
