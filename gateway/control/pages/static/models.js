// One route's models: quality asked of the log itself, and the course of each watched value.

import { api, number } from "./app.js";
import { charts, picture, query, table } from "./rows.js";

const SVG = "http://www.w3.org/2000/svg";
const LINES = ["accuracy", "auc", "log_loss", "calibration", "mae", "rmse"];
const ROWS = 2000;
const model = document.getElementById("model");

for (const panel of model.querySelectorAll("[data-sql]")) fill(panel);
courses();

async function fill(panel) {
  const place = panel.querySelector(".answer");
  try {
    const found = await patient(panel.dataset.sql);
    if (!found.rows.length) {
      place.replaceChildren(words("No prediction of this route has a label yet: POST /api/v1/labels, or `gateway labels import`."));
      return;
    }
    const drawn = panel.dataset.calibration ? calibration(found) : byVersion(found);
    place.replaceChildren(...drawn, folded(found));
  } catch (error) {
    place.replaceChildren(words(error.message, "bad"));
  }
}

/** Ask; few queries run at once and few wait for a turn, so whoever is sent away comes again. */
async function patient(sql) {
  for (let turn = 0; ; turn += 1) {
    try {
      return await query(sql, ROWS);
    } catch (error) {
      if (error.status !== 429 || turn >= 4) throw error;
      await new Promise((done) => setTimeout(done, 1000 * (turn + 1)));
    }
  }
}

function words(text, kind = "empty") {
  const made = document.createElement("p");
  made.textContent = text;
  made.className = kind;
  return made;
}

/** The rows themselves, folded away: charts say the same. */
function folded(found) {
  const made = document.createElement("details");
  const summary = document.createElement("summary");
  summary.textContent = `As a table (${found.rows.length} rows)`;
  const rows = document.createElement("div");
  rows.className = "rows";
  rows.tabIndex = 0;
  rows.append(table(found));
  made.append(summary, rows);
  return made;
}

/** Where a version stands in its route, which is what gives it its colour on every page; -1: it is gone. */
function place(name) {
  return model.dataset.versions.split(" ").indexOf(name);
}

/** The names in the order of the route, each once; those that are gone come last. */
function ordered(names) {
  const at = (name) => (place(name) < 0 ? Infinity : place(name));
  return [...new Set(names)].sort((one, other) => (at(one) === at(other) ? 0 : at(one) - at(other)));
}

/** A chart for each measure and version of quality. */
function byVersion({ columns, types, rows }) {
  const version = columns.indexOf("version");
  const made = [];
  for (const name of ordered(rows.map((row) => row[version]))) {
    const own = rows.filter((row) => row[version] === name);
    const kept = columns.map((_, at) => at).filter((at) => at === 0 || (LINES.includes(columns[at]) && own.some((row) => row[at] !== null)));
    const part = { columns: kept.map((at) => columns[at]), types: kept.map((at) => types[at]), rows: own.map((row) => kept.map((at) => row[at])) };
    const drawn = picture(part);
    made.push(titled(name), drawn ? charts(drawn) : table(part));
  }
  return made;
}

function titled(name) {
  const title = document.createElement("h3");
  title.textContent = name;
  return title;
}

/** For each version claims against what came true; on the diagonal is where both are the same. */
function calibration({ columns, rows }) {
  const [version, n, claimed, came] = ["version", "n", "claimed", "came_true"].map((name) => columns.indexOf(name));
  const box = document.createElement("div");
  box.className = "charts";
  for (const name of ordered(rows.map((row) => row[version]))) {
    const points = rows.filter((row) => row[version] === name).map((row) => [row[claimed], row[came], row[n]]);
    box.append(diagram(name, points, place(name)));
  }
  return [box];
}

function diagram(name, points, colour) {
  const figure = document.createElement("figure");
  const caption = document.createElement("figcaption");
  const whole = points.reduce((sum, point) => sum + point[2], 0);
  const off = points.reduce((sum, [claim, truth, count]) => sum + Math.abs(claim - truth) * count, 0) / (whole || 1);
  caption.textContent = `${name}: off by ${number(off)} on average, n ${number(whole)}`;
  const svg = element("svg", { viewBox: "0 0 100 100", role: "img", "aria-label": caption.textContent, class: "square" });
  svg.append(element("rect", { x: 0, y: 0, width: 100, height: 100, class: "frame" }));
  svg.append(element("line", { x1: 0, y1: 100, x2: 100, y2: 0, class: "axis" }));
  const path = points.map(([claim, truth], at) => `${at ? "L" : "M"}${100 * claim} ${100 - 100 * truth}`).join("");
  svg.append(element("path", { d: path, class: `line-${colour < 0 ? 5 : colour % 6}` }));
  for (const [claim, truth] of points) svg.append(element("circle", { cx: 100 * claim, cy: 100 - 100 * truth, r: 1.6, class: `part-${colour < 0 ? 5 : colour % 6}` }));
  const axes = document.createElement("p");
  axes.className = "faint ends";
  axes.textContent = "right: claimed; up: came true";
  figure.append(caption, svg, axes);
  return figure;
}

function element(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

async function courses() {
  const lines = [...model.querySelectorAll("tr[data-signal]")];
  if (!lines.length) return;
  const path = `/api/v1/monitors/${encodeURIComponent(model.dataset.route)}/course?windows=24`;
  let found;
  try {
    found = (await api("GET", path)).body;
  } catch {
    return; // the numbers stand there without their courses
  }
  const known = new Map(found.series.map((one) => [JSON.stringify([one.signal, one.version, one.field]), one]));
  for (const line of lines) {
    const one = known.get(JSON.stringify([line.dataset.signal, line.dataset.version, line.dataset.field]));
    if (one) line.querySelector(".run").append(spark(one));
  }
}

/** A small line; what it says is also told in words. */
function spark({ values: all, n, window_seconds: seconds }) {
  const values = all.map((value, at) => (n[at] ? value : null)); // a window without requests is a gap, no zero
  const known = values.filter((value) => value !== null);
  const [low, top] = [Math.min(...known), Math.max(...known)];
  const told = known.length ? `${known.length} windows of ${number(seconds / 60)} minutes: ${number(low)} to ${number(top)}` : "nothing yet";
  const svg = element("svg", { viewBox: "0 0 100 22", preserveAspectRatio: "none", role: "img", "aria-label": told, class: "course" });
  const title = element("title", {});
  title.textContent = told;
  svg.append(title);
  const y = (value) => (top === low ? 11 : 20 - (18 * (value - low)) / (top - low));
  const x = (at) => (100 * at) / Math.max(values.length - 1, 1);
  let path = "";
  values.forEach((value, at) => {
    if (value === null) return;
    const alone = values[at - 1] == null && values[at + 1] == null;
    path += `${values[at - 1] == null ? "M" : "L"}${x(at).toFixed(1)} ${y(value).toFixed(1)}${alone ? "h2" : ""}`;
  });
  svg.append(element("path", { d: path, class: "line-0" }));
  return svg;
}
