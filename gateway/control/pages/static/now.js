// The page Now: fills in what each second brings, remembers a quarter of an hour, and takes back in one click.
import { act, live, number } from "./app.js";
import { chart } from "./chart.js";
import { field, takeBack } from "./now_rollback.js";

const KEPT = 180;
const EVERY = 5;
const LEAST = 24; // points that a line is drawn for at least: after a start it grows from the right
const page = document.getElementById("now");
const routes = new Map();
/** The alerts that fire as far as is known: a look that fails says nothing of them, so they stay. */
let firing = [...document.querySelectorAll("#trouble li")].filter((line) => line.querySelector(".badge")).map((line) => (
  { severity: line.querySelector(".badge").textContent, text: line.querySelector("a").textContent, href: line.querySelector("a").getAttribute("href") }));

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function percent(value) {
  return value === null ? "–" : `${number(value)} %`;
}

/** The path of a line through values, in a drawing of 100 by 20; it is broken where nothing is known. */
function line(values) {
  const most = Math.max(...values.filter((value) => value !== null), 0) || 1;
  const last = Math.max(values.length, LEAST) - 1;
  let path = "", isBroken = true;
  values.forEach((value, place) => {
    if (value !== null) path += `${isBroken ? "M" : "L"}${(100 * (place + 1 + last - values.length) / last).toFixed(1)} ${(19 - 18 * value / most).toFixed(1)}`;
    isBroken = value === null;
  });
  return path;
}

class Route {
  constructor(element) {
    this.element = element;
    this.history = JSON.parse(element.querySelector(".history").textContent);
    this.boxes = [...element.querySelectorAll("[data-version]")];
    this.names = this.boxes.map((box) => box.dataset.version);
    this.charts = [];
    element.querySelector(".more").addEventListener("toggle", (event) => this.toggled(event.target.open));
    this.draw();
  }

  /** Keep one point every few seconds, and never more than a quarter of an hour of them. */
  remember(at, versions) {
    const kept = this.history;
    if (kept.t.length && at - kept.t.at(-1) < EVERY) return;
    kept.t.push(at);
    for (const version of versions) {
      kept[`rate:${version.name}`].push(version.rate);
      kept[`p99:${version.name}`].push(version.p99);
    }
    for (const series of Object.values(kept)) while (series.length > KEPT) series.shift();
    this.draw();
  }

  draw() {
    for (const box of this.boxes) {
      for (const spark of box.querySelectorAll("[data-spark]")) {
        const values = this.history[`${spark.dataset.spark}:${box.dataset.version}`];
        spark.firstElementChild.setAttribute("d", line(values));
      }
    }
    for (const { drawn, what } of this.charts) drawn.set(this.history.t, this.series(what));
  }

  series(what) {
    return this.names.map((name) => this.history[`${what}:${name}`]);
  }

  toggled(isOpen) {
    this.charts.forEach(({ drawn }) => drawn.destroy());
    this.charts = [];
    if (!isOpen) return;
    for (const [what, title, unit] of [["rate", "Requests", "per second"], ["p99", "Latency p99", "ms"]]) {
      const into = this.element.querySelector(`[data-chart="${what}"]`);
      const series = this.names.map((name) => ({ name, values: this.history[`${what}:${name}`] }));
      this.charts.push({ what, drawn: chart(into, { series, labels: this.history.t, title, unit, limit: KEPT }) });
    }
  }

  show(state) {
    write(field(this.element, "rate"), number(state.rate));
    write(field(this.element, "over"), state.over);
    const rollout = field(this.element, "rollout");
    write(rollout, state.rollout);
    rollout.hidden = !state.rollout;
    promise(this.element, state.rollback);
    const paths = this.element.querySelectorAll(".bands path");
    state.versions.forEach((version, place) => {
      paths[2 * place].setAttribute("d", version.asked_band);
      paths[2 * place + 1].setAttribute("d", version.served_band);
      this.showVersion(this.boxes[place], version);
    });
  }

  showVersion(box, version) {
    write(field(box, "asked"), percent(version.asked));
    write(field(box, "served"), percent(version.served));
    write(field(box, "rate"), number(version.rate));
    write(field(box, "p50"), number(version.p50));
    write(field(box, "p99"), number(version.p99));
    const errors = field(box, "errors");
    write(errors, percent(version.errors));
    errors.classList.toggle("bad", version.errors > 0);
    const health = field(box, "health");
    write(health, version.health.text);
    health.className = `health ${version.health.kind}`;
  }
}

/** Say what the button in here would do now; it can be pressed if that is anything. */
function promise(within, does) {
  const button = within.querySelector("[data-rollback]");
  if (button.dataset.refused) return;
  write(field(within, "rollback"), (does || "nothing to take back").replaceAll("; ", "\n"));
  field(within, "ahead").hidden = !does;
  button.disabled = !does || button.dataset.busy === "yes";
}

function item(text, word = "", kind = "") {
  const line = document.createElement("li");
  if (word) {
    const marked = document.createElement("span");
    marked.textContent = word;
    marked.className = kind;
    line.append(marked, " ");
  }
  line.append(text);
  return line;
}

/** Replace a list's items if they say anything new, so that a screen reader is not told the same again. */
function list(into, items) {
  const said = (lines) => lines.map((one) => one.textContent).join("\n");
  if (said([...into.children].map((one) => ({ textContent: one.textContent.trim() }))) !== said(items)) into.replaceChildren(...items);
}

function showTrouble({ alerts, warnings }) {
  const box = document.getElementById("trouble");
  const all = [
    ...alerts.map((alert) => item(Object.assign(document.createElement("a"), { href: alert.href, textContent: alert.text }), alert.severity, "badge bad")),
    ...warnings.map((text) => item(text)),
  ];
  list(field(box, "first"), all.slice(0, 1));
  list(field(box, "others"), all.slice(1));
  const folded = box.querySelector("details");
  folded.hidden = all.length < 2;
  write(folded.querySelector("summary"), `${all.length - 1} more`);
  box.hidden = !alerts.length && !warnings.length;
}

function showProcesses(processes) {
  list(page.querySelector(".processes"), processes.map((one) => item(one.name, one.state, one.kind)));
}

function show(state) {
  if (JSON.stringify(state.shape) !== page.dataset.shape) {
    location.reload(); // a route or a version came or went, so this is another page
    return;
  }
  write(field(page, "revision"), String(state.revision));
  for (const box of page.querySelectorAll(".did")) if (state.revision > Number(box.dataset.revision)) box.hidden = true;
  write(field(page, "last"), state.last);
  write(field(page, "at"), state.at.slice(11, 19));
  firing = state.alerts;
  showTrouble(state);
  for (const route of state.routes) {
    routes.get(route.name).show(route);
    routes.get(route.name).remember(state.t, route.versions);
  }
  const all = page.querySelector("[data-all]");
  if (all) promise(all, state.rollback);
  showProcesses(state.processes);
}

page.dataset.shape = JSON.stringify(JSON.parse(page.dataset.shape));
for (const element of page.querySelectorAll("[data-route]")) routes.set(element.dataset.route, new Route(element));
for (const button of page.querySelectorAll("[data-rollback]")) {
  button.disabled = Boolean(button.dataset.refused) || field(button.parentElement, "rollback").textContent === "nothing to take back";
  button.addEventListener("click", async () => {
    button.dataset.busy = "yes";
    await act(button, () => takeBack(button));
    button.dataset.busy = "";
  });
}
live("/events", { now: show, trouble: ({ message }) => showTrouble({ alerts: firing, warnings: [message] }) });
