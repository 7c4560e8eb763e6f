// The page of a route's weights: sliders and numbers that add up to 100, the difference, and one careful change.
import { Refused, act, api } from "./app.js";
import { give } from "./spread.js";

const at = (id) => document.getElementById(id);
let state = JSON.parse(at("state").textContent);
let rows = new Map();
const held = [];
const base = `/routes/${encodeURIComponent(state.route)}/weights`;
const may = document.body.dataset.operator === "yes";

/** Show a state; `keep`: the numbers a person has set stay, to be compared with it. */
function load(found, keep = false) {
  const before = rows;
  state = found;
  rows = new Map(state.rows.map((row) => [row.name, { wish: row.live, share: row.live, live: row.live, file: row.file }]));
  if (keep) {
    for (const [name, row] of before) {
      if (!rows.has(name)) rows.set(name, { live: 0, file: undefined });
      Object.assign(rows.get(name), { wish: row.wish, share: row.share });
    }
  } else held.length = 0;
  at("under-way").hidden = !state.rollout_of;
  at("rolling").textContent = state.rollout_of;
  at("file-problem").hidden = !state.file_problem;
  at("file-problem").textContent = state.file_problem && `What routing.yaml says is not known: ${state.file_problem}`;
  build();
}

function build() {
  at("rows").replaceChildren(...[...rows.keys()].map(rowOf));
  const others = state.others.filter((name) => !rows.has(name));
  at("adding").hidden = !others.length || !may;
  at("other").replaceChildren(...others.map((name) => new Option(name)));
  shown();
}

function rowOf(name) {
  const row = rows.get(name);
  const line = document.createElement("tr");
  const head = document.createElement("th");
  head.scope = "row";
  head.textContent = name === state.stable ? `${name} (stable)` : name;
  row.slider = input("range", `Share of ${name}`, { min: 0, max: 100, step: 1 });
  row.field = input("number", `Percent of ${name}`, { min: 0, max: 100, step: "any", inputMode: "decimal" });
  row.hold = input("checkbox", `Hold ${name} where it is`, {});
  row.slider.addEventListener("input", () => moved(name, row.slider.valueAsNumber));
  row.field.addEventListener("input", () => { if (!Number.isNaN(row.field.valueAsNumber)) moved(name, row.field.valueAsNumber); });
  row.field.addEventListener("blur", shown);
  row.hold.addEventListener("change", () => {
    if (row.hold.checked) held.push(name);
    else held.splice(held.indexOf(name), 1);
  });
  const share = document.createElement("div");
  share.className = "share";
  share.append(row.slider, row.field);
  const cells = [share, row.hold, live(row)].map((content, index) => {
    const cell = document.createElement("td");
    cell.append(content);
    if (index > 1) cell.className = "number";
    return cell;
  });
  line.append(head, ...cells);
  return line;
}

/** What is live; what the file says too, where that is something else. */
function live(row) {
  const words = document.createElement("span");
  words.textContent = percent(row.live);
  if (row.file !== undefined && row.file !== null && row.file !== row.live) {
    words.append(document.createElement("br"), text(`routing.yaml: ${percent(row.file)}`));
  }
  return words;
}

function input(type, label, more) {
  const made = Object.assign(document.createElement("input"), { type, ...more });
  made.setAttribute("aria-label", label);
  made.disabled = !may;
  return made;
}

const percent = (value) => (value === null || value === undefined ? "–" : `${Number(value.toFixed(3))} %`);

function moved(name, value) {
  at("spread").textContent = give(rows, held, state.stable, name, value);
  shown();
}

function shown() {
  for (const [name, row] of rows) {
    row.slider.value = row.share;
    row.slider.setAttribute("aria-valuetext", percent(row.share));
    if (document.activeElement !== row.field) row.field.value = row.share;
    row.hold.checked = held.includes(name);
  }
  const changes = against("live");
  const parts = changes.length ? [list(changes)] : [text("Nothing: this is what is live.")];
  if (changes.length && !state.file_problem) {
    const other = against("file");
    parts.push(...(same(changes, other) ? [text("routing.yaml says what is live, so the difference to it is the same.")] : [text("Against routing.yaml:"), other.length ? list(other) : text("nothing.")]));
  }
  at("difference").replaceChildren(...parts);
  at("apply").disabled = !changes.length;
}

/** What changes against what is live or what the file says: what grows comes first. */
function against(which) {
  return [...rows]
    .map(([name, row]) => ({ name, from: row[which] ?? 0, to: row.share }))
    .filter(({ from, to }) => Math.abs(from - to) > 1e-9)
    .sort((one, other) => other.to - other.from - (one.to - one.from))
    .map(({ name, from, to }) => `${name} ${percent(from)} → ${percent(to)} (${to > from ? "+" : "−"}${percent(Math.abs(to - from))})`);
}

const same = (one, other) => one.join() === other.join();

function list(lines) {
  const made = document.createElement("ul");
  made.className = "plain changed";
  for (const line of lines) made.append(Object.assign(document.createElement("li"), { textContent: line }));
  return made;
}

const text = (words) => Object.assign(document.createElement("p"), { textContent: words, className: "faint" });

async function fresh(keep) {
  const { body } = await api("GET", `${base}/state`);
  at("conflict").hidden = true;
  load(body, keep);
}

/** Say what others changed since this page was loaded. */
async function conflict() {
  const { body } = await api("GET", "/api/v1/revisions?limit=20");
  const later = body.revisions.filter(({ revision }) => revision > state.revision);
  at("meanwhile").replaceChildren(...later.map((one) => Object.assign(document.createElement("li"), {
    textContent: `Revision ${one.revision}, ${one.at.slice(11, 19)} UTC, ${one.author}: ${one.difference.join("; ") || one.action}${one.reason ? ` (${one.reason})` : ""}`,
  })));
  at("conflict").hidden = false;
  at("conflict").focus();
}

at("form").addEventListener("submit", (event) => {
  event.preventDefault();
  act(at("apply"), async () => {
    const weights = Object.fromEntries([...rows].map(([name, row]) => [name, row.share]));
    let done;
    try {
      done = (await api("PUT", `/api/v1${base}`, { weights, reason: at("reason").value.trim() }, { etag: `"${state.revision}"` })).body;
    } catch (error) {
      if (error.status !== 412) throw error;
      await conflict();
      throw new Refused(412, "Somebody else changed something meanwhile; nothing of yours was applied.");
    }
    at("reason").value = "";
    const words = `Revision ${done.revision} is live.`;
    try {
      await fresh(false);
    } catch { // the change is made all the same
      return `${words} This page could not be shown anew; load it again.`;
    }
    return words;
  }).then(shown);
});
at("reset").addEventListener("click", () => act(at("reset"), async () => { await fresh(false); return "This is what is live."; }));
at("load").addEventListener("click", () => act(at("load"), async () => { await fresh(false); return "This is what is live."; }));
at("keep").addEventListener("click", () => act(at("keep"), async () => { await fresh(true); return "Your numbers, against what is live now."; }));
at("add").addEventListener("click", () => {
  rows.set(at("other").value, { wish: 0, share: 0, live: 0, file: undefined });
  build();
});
load(state);
