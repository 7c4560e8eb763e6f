// Rows of a query as a table, and as a chart where their shape is that of one.

import { number } from "./app.js";

const NUMBERS = /^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|U?INTEGER|DOUBLE|FLOAT|DECIMAL.*)$/;
const TIMES = /^(TIMESTAMP.*|DATE)$/;
const SHOWN = 300;
const COLOURS = 6;

/** Ask a query of the log; returns {columns, types, rows, truncated, seconds}. Throws an Error with line and column. */
export async function query(sql, limit, signal) {
  const answer = await asked(sql, limit, "application/json", signal);
  return answer.json();
}

/** Ask a query of the log as CSV; returns {blob, truncated}. */
export async function csv(sql, limit, signal) {
  const answer = await asked(sql, limit, "text/csv", signal);
  return { blob: await answer.blob(), truncated: answer.headers.get("gateway-truncated") === "true" };
}

async function asked(sql, limit, accept, signal) {
  const headers = { accept, "content-type": "application/json" };
  const answer = await fetch("/api/v1/query", { method: "POST", headers, signal, body: JSON.stringify({ sql, limit }) });
  if (answer.ok) return answer;
  const json = (answer.headers.get("content-type") || "").includes("json");
  const told = json ? await answer.json() : {};
  throw Object.assign(new Error(told.detail || `${answer.status} ${answer.statusText}`), told);
}

/** Rows as a table; what clients sent is put in as text, never as markup. */
export function table({ columns, types, rows }) {
  const made = document.createElement("table");
  const head = made.createTHead().insertRow();
  columns.forEach((name, at) => {
    const cell = document.createElement("th");
    cell.scope = "col";
    cell.textContent = name;
    const kind = document.createElement("small");
    kind.textContent = types[at].replace("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ");
    cell.append(kind);
    if (NUMBERS.test(types[at])) cell.className = "number";
    head.append(cell);
  });
  const body = made.createTBody();
  for (const row of rows) {
    const line = body.insertRow();
    row.forEach((value, at) => fill(line.insertCell(), value, columns[at], types[at]));
  }
  return made;
}

function fill(cell, value, name, type) {
  if (NUMBERS.test(type)) cell.className = "number";
  if (value === null) {
    cell.textContent = "∅";
    cell.classList.add("faint");
  } else if (name === "id" && /^[0-9a-f]{32}$/.test(value)) {
    const link = document.createElement("a");
    link.href = `/requests/${value}`;
    link.textContent = value;
    cell.append(link);
  } else {
    const text = shown(value, type);
    cell.textContent = text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
    if (text.length > SHOWN) cell.title = `${text.length} characters; the CSV has all of them`;
  }
}

function shown(value, type) {
  if (typeof value === "number") return number(value, 5);
  if (typeof value === "object") return JSON.stringify(value);
  return TIMES.test(type) ? String(value).replace("T", " ").replace(/(\.\d*?)0*Z$/, "$1").replace(/[.Z]+$/, "") : String(value);
}

/** What to draw: {kind: "time" | "name", names, series: [{name, values}]}; null: it is no picture. */
export function picture({ columns, types, rows }) {
  if (rows.length < 2 || columns.length < 2) return null;
  const lines = columns.map((name, at) => at).filter((at) => at > 0 && NUMBERS.test(types[at]));
  const isTime = TIMES.test(types[0]);
  const isName = types[0] === "VARCHAR" && rows.length <= 24;
  if (!(isTime || isName) || lines.length !== columns.length - 1 || lines.length > COLOURS) return null;
  const ordered = isTime ? [...rows].sort((one, other) => (one[0] < other[0] ? -1 : 1)) : rows;
  return {
    kind: isTime ? "time" : "name",
    names: ordered.map((row) => row[0]),
    series: lines.map((at) => ({ name: columns[at], values: ordered.map((row) => (row[at] === null ? null : Number(row[at]))) })),
  };
}

const SVG = "http://www.w3.org/2000/svg";

function element(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

/** Draw a picture, a small one for each series; the table beside it says the same. */
export function charts({ kind, names, series }) {
  const box = document.createElement("div");
  box.className = "charts";
  series.forEach((one, at) => box.append(chart(kind, names, one, at)));
  return box;
}

function chart(kind, names, { name, values }, colour) {
  const known = values.filter((value) => value !== null && Number.isFinite(value));
  const top = Math.max(...known, 0), low = Math.min(...known, 0);
  const figure = document.createElement("figure");
  const words = document.createElement("figcaption");
  words.textContent = known.length ? `${name}: ${number(Math.min(...known))} to ${number(Math.max(...known))}` : `${name}: nothing`;
  const svg = element("svg", { viewBox: "0 0 300 80", preserveAspectRatio: "none", role: "img", "aria-label": words.textContent });
  const y = (value) => 78 - (76 * (value - low)) / (top - low || 1);
  svg.append(element("line", { x1: 0, x2: 300, y1: y(0), y2: y(0), class: "axis" }));
  if (kind === "time") drawLine(svg, places(names), values, y, colour);
  else drawBars(svg, names, values, y, colour);
  const ends = document.createElement("p");
  ends.className = "ends faint";
  for (const text of [names[0], names[names.length - 1]]) {
    const end = document.createElement("span");
    end.textContent = String(text ?? "∅").replace("T", " ").slice(0, 16);
    ends.append(end);
  }
  figure.append(words, svg, ends);
  return figure;
}

function places(names) {
  const at = names.map((name) => Date.parse(name));
  const [first, last] = [at[0], at[at.length - 1]];
  return at.map((one) => (300 * (one - first)) / (last - first || 1));
}

function drawLine(svg, xs, values, y, colour) {
  let path = "";
  values.forEach((value, at) => {
    if (value === null) return;
    path += `${path === "" || values[at - 1] === null ? "M" : "L"}${xs[at].toFixed(1)} ${y(value).toFixed(1)}`;
  });
  svg.append(element("path", { d: path, class: `line-${colour % COLOURS}` }));
}

function drawBars(svg, names, values, y, colour) {
  const width = 300 / names.length;
  values.forEach((value, at) => {
    if (value === null) return;
    const [from, to] = [y(0), y(value)];
    svg.append(element("rect", { x: at * width + 1, width: Math.max(width - 2, 1), y: Math.min(from, to), height: Math.abs(from - to), class: `part-${colour % COLOURS}` }));
  });
}
