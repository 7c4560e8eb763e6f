// The SQL box: ask, show, save. What is saved stays in this browser.

import { number, tell } from "./app.js";
import { charts, csv, picture, query, table } from "./rows.js";

const KEY = "gateway.queries";
const CSV_ROWS = 100000;
const at = (id) => document.getElementById(id);
const [box, sql, wrong, run, stop, ready, saved] = ["box", "sql", "wrong", "run", "stop", "ready", "saved"].map(at);
let asking = null;

async function ask(work, words) {
  if (asking) asking.abort();
  const mine = (asking = new AbortController());
  wrong.hidden = true;
  sql.removeAttribute("aria-invalid");
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

function refuse(error) {
  const place = error.line ? `Line ${error.line}, column ${error.column}: ` : "";
  wrong.textContent = place + error.message;
  wrong.hidden = false;
  sql.setAttribute("aria-invalid", "true");
  at("took").textContent = "";
  at("answers").hidden = true;
  if (error.line) select(error.line, error.column);
}

/** Put the cursor where the error is. */
function select(line, column) {
  const lines = sql.value.split("\n");
  const start = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0) + column - 1;
  const word = /^\w+|^./.exec(sql.value.slice(start));
  sql.focus();
  sql.setSelectionRange(start, start + (word ? word[0].length : 0));
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
ready.addEventListener("change", () => {
  const chosen = ready.selectedOptions[0];
  if (chosen.value) sql.value = chosen.value;
  at("name").value = chosen.dataset.name || "";
  at("forget").hidden = !chosen.dataset.name;
});
at("save").addEventListener("click", () => {
  const name = at("name").value.trim();
  if (!name) {
    at("name").focus();
    tell("give it a name first", "bad");
    return;
  }
  keep({ ...kept(), [name]: sql.value });
  tell(`saved as ${name}, in this browser`);
});
at("forget").addEventListener("click", () => {
  const all = kept();
  delete all[at("name").value.trim()];
  keep(all);
  at("forget").hidden = true;
  tell("forgotten");
});
list();
if (box.dataset.run === "yes") start();
