// Lines over time, drawn by uPlot, which the page loads before: /static/vendor/uPlot.iife.min.js and its CSS.
// Beside each drawing stand its latest values in words, and on demand a table, for those who cannot see it.
import { number } from "./app.js";

const TABLE_ROWS = 30;
const HEIGHT = 180;
const dark = matchMedia("(prefers-color-scheme: dark)");

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** Seconds since 1970 as this person's time of day. */
function clock(seconds) {
  return new Date(seconds * 1000).toTimeString().slice(0, 8);
}

function element(tag, text = "", className = "") {
  const made = document.createElement(tag);
  made.textContent = text;
  made.className = className;
  return made;
}

function options(names, unit, width) {
  const axis = { stroke: () => colour("--faint"), grid: { stroke: () => colour("--line"), width: 1 }, ticks: { show: false } };
  return {
    width, height: HEIGHT,
    cursor: { y: false }, legend: { show: false },
    scales: { y: { range: (_, low, high) => [Math.min(0, low ?? 0), high > 0 ? high * 1.1 : 1] } },
    axes: [
      { ...axis, space: 80, size: 32, values: (_, at) => at.map((one) => clock(one).slice(0, one % 60 ? 8 : 5)) },
      { ...axis, size: 56, values: (_, found) => found.map((one) => number(one)) },
    ],
    series: [{}, ...names.map((name, place) => (
      { label: name, stroke: () => colour(`--part-${place % 6}`), width: 2, spanGaps: false, points: { show: false } }))],
  };
}

/**
 * Draw lines into an element.
 *
 * `labels`: moments in seconds since 1970; `series`: [{name, values}] of the same length, null where nothing is
 * known; `unit` and `title` in words; `limit`: points that are kept at most. Returns {push(moment, values),
 * set(labels, values), size(), destroy()}.
 */
export function chart(into, { series, labels = [], unit = "", title = "", limit = 1800 }) {
  const names = series.map((one) => one.name);
  let data = [labels, ...series.map((one) => one.values || [])].map((one) => Array.from(one).slice(-limit));
  const figure = element("figure", "", "chart");
  const caption = element("figcaption");
  const drawing = element("div");
  drawing.setAttribute("aria-hidden", "true");
  const table = element("details");
  table.append(element("summary", "As a table"), element("div"));
  figure.append(caption, drawing, table);
  into.replaceChildren(figure);

  const head = element("strong", `${title}${title && unit ? ", " : ""}${unit}`);
  const latest = names.map((name, place) => {
    const line = element("span", "", "chart-key");
    line.append(element("i", "", `swatch swatch-${place % 6}`), `${name} `, element("b"));
    return line;
  });
  caption.append(head, ...latest);

  const plot = new window.uPlot(options(names, unit, Math.max(into.clientWidth, 200)), data, drawing);
  const observer = new ResizeObserver(() => {
    const width = Math.floor(into.clientWidth);
    if (width > 0 && width !== plot.width) plot.setSize({ width, height: HEIGHT });
  });
  observer.observe(into);
  const recolour = () => plot.redraw(false);
  dark.addEventListener("change", recolour);

  function tell() {
    latest.forEach((line, place) => {
      const value = data[place + 1].at(-1);
      line.lastChild.textContent = number(value);
    });
    if (table.open) fill();
  }

  function fill() {
    const made = element("table");
    const row = (tag, cells) => {
      const line = element("tr");
      line.append(...cells.map((text, place) => element(tag, text, place ? "number" : "")));
      return line;
    };
    const every = Math.max(1, Math.ceil(data[0].length / TABLE_ROWS));
    const top = element("thead");
    top.append(row("th", ["time", ...names]));
    const body = element("tbody");
    for (let at = data[0].length - 1; at >= 0; at -= every) {
      body.append(row("td", [clock(data[0][at]), ...data.slice(1).map((one) => number(one[at]))]));
    }
    made.append(top, body);
    table.lastChild.replaceChildren(made);
  }

  function draw() {
    plot.setData(data);
    tell();
  }

  table.addEventListener("toggle", () => (table.open ? fill() : table.lastChild.replaceChildren()));
  tell();
  return {
    push(moment, values) {
      [moment, ...values].forEach((value, place) => {
        data[place].push(value ?? null);
        if (data[place].length > limit) data[place].shift();
      });
      draw();
    },
    set(newLabels, values) {
      data = [newLabels, ...values].map((one) => Array.from(one).slice(-limit));
      draw();
    },
    size: () => data[0].length,
    destroy() {
      observer.disconnect();
      dark.removeEventListener("change", recolour);
      plot.destroy();
      into.replaceChildren();
    },
  };
}
