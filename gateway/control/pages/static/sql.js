// The SQL box: ask, show, save. What is saved stays in this browser.

import { number, tell } from "./app.js";
import { charts, csv, picture, query, table } from "./rows.js";

const KEY = "gateway.queries";
const CSV_ROWS = 100000;
const at = (id) => document.getElementById(id);
const [box, sql, wrong, run, stop, ready, saved] = ["box", "sql", "wrong", "run", "stop", "ready", "saved"].map(at);
let asking = null;
let chosen = "";

async function ask(work, words) {
  if (asking) asking.abort();
  const mine = (asking = new AbortController());
  forget();
  stop.hidden = false;
  at("answers").hidden = false;
  at("took").textContent = words;
  try {
    await work(mine.signal);
  } catch (error) {
    if (mine.signal.aborted) at("took").textContent = "Stopped.";
    else refuse(error);
  } finally {
    if (asking === mine) {
      asking = null;
      stop.hidden = true;
    }
  }
}

/** What was wrong was wrong with another text. */
function forget() {
  wrong.hidden = true;
  sql.removeAttribute("aria-invalid");
}

function refuse(error) {
  const place = error.line ? `Line ${error.line}, column ${error.column}: ` : "";
  // The line with its mark below is for terminals: here lines wrap, and the word itself is marked.
  wrong.replaceChildren(place + (error.line ? error.message.replace(/\n?LINE \d+: .*\n *\^+ *$/m, "") : error.message));
  if (error.line) wrong.append(select(error.line, error.column));
  wrong.hidden = false;
  sql.setAttribute("aria-invalid", "true");
  at("took").textContent = "";
  at("answers").hidden = true;
}

/** Select the word where the error is, and return its line with the word marked; columns count characters. */
function select(line, column) {
  const lines = sql.value.split("\n");
  const text = lines[line - 1] ?? "";
  const begin = [...text].slice(0, column - 1).join("").length;
  const word = /^[\p{L}\p{N}_]+|^./u.exec(text.slice(begin))?.[0] ?? "";
  const start = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0) + begin;
  sql.focus();
  sql.setSelectionRange(start, start + word.length);
  sql.scrollTop = (sql.scrollHeight / lines.length) * Math.max(line - 4, 0);
  const shown = document.createElement("code");
  const marked = document.createElement("mark");
  marked.textContent = word || "here";
  shown.append(text.slice(Math.max(begin - 60, 0), begin), marked, text.slice(begin + word.length, begin + 100));
  return shown;
}

function show(answer) {
  const rows = `${number(answer.rows.length)} row${answer.rows.length === 1 ? "" : "s"}`;
  const more = answer.truncated ? " (there are more; take more rows, or CSV)" : "";
  at("took").textContent = `${rows}${more} in ${number(answer.seconds)} s`;
  const drawn = picture(answer);
  at("chart").hidden = !drawn;
  at("chart").replaceChildren(...(drawn ? [charts(drawn)] : []));
  at("rows").replaceChildren(table(answer));
}

function start() {
  return ask(async (signal) => show(await query(sql.value, Number(at("limit").value), signal)), "Asking …");
}

async function download(signal) {
  const found = await csv(sql.value, CSV_ROWS, signal);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(found.blob);
  link.download = "query.csv";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  at("took").textContent = found.truncated ? "The file holds the first rows; there are more than one file takes." : "The file holds all rows.";
}

function kept() {
  try {
    const found = JSON.parse(localStorage.getItem(KEY) || "{}");
    return found && typeof found === "object" && !Array.isArray(found) ? found : {};
  } catch {
    return {};
  }
}

function keep(all) {
  localStorage.setItem(KEY, JSON.stringify(all));
  list();
}

function list() {
  saved.replaceChildren(
    ...Object.entries(kept()).map(([name, text]) => {
      const option = new Option(name, text);
      option.dataset.name = name;
      return option;
    }),
  );
}

box.addEventListener("submit", (event) => {
  event.preventDefault();
  start();
});
sql.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    start();
  }
});
stop.addEventListener("click", () => asking && asking.abort());
at("csv").addEventListener("click", () => ask(download, "Fetching the file …"));
sql.addEventListener("input", () => forget());
ready.addEventListener("change", () => {
  const option = ready.selectedOptions[0];
  forget();
  if (option.value) sql.value = option.value;
  choose(option.dataset.name || "");
});

/** Remember which saved query is meant: that one can be renamed and deleted. */
function choose(name) {
  chosen = name;
  at("name").value = name;
  const option = [...saved.children].find((one) => one.dataset.name === name);
  if (name && option) option.selected = true;
  at("rename").hidden = at("delete").hidden = !name;
}

/** The name that was written, empty where there is none; says so. */
function named() {
  const name = at("name").value.trim();
  if (!name) {
    at("name").focus();
    tell("give it a name first", "bad");
  }
  return name;
}

at("save").addEventListener("click", () => {
  const name = named();
  if (!name) return;
  const all = kept();
  const words = Object.hasOwn(all, name) ? "replaced" : "saved as";
  keep({ ...all, [name]: sql.value });
  choose(name);
  tell(`${words} ${name}, in this browser`);
});
at("rename").addEventListener("click", () => {
  const name = named();
  const all = kept();
  if (!name || name === chosen) return;
  if (Object.hasOwn(all, name)) {
    tell(`there is one called ${name}; delete it first`, "bad");
    return;
  }
  keep(Object.fromEntries(Object.entries(all).map(([one, text]) => [one === chosen ? name : one, text])));
  tell(`${chosen} is called ${name} now`);
  choose(name);
});
at("delete").addEventListener("click", () => {
  keep(Object.fromEntries(Object.entries(kept()).filter(([one]) => one !== chosen)));
  tell(`${chosen} is deleted`);
  choose("");
});
list();
if (box.dataset.run === "yes") start();
