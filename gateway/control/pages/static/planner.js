// The planner: sliders that say what a rollout would be like, answered by the admin API.
import { api, number } from "./app.js";
import { checkSteps, numbers } from "./steps.js";

const SIZES = [1.25, 1.5, 2, 3, 5, 10, 20];
const PAUSE = 350;
const at = (id) => document.getElementById(id);

/** 45 s, 12 min, 3.4 h: two digits that count. */
export function span(seconds) {
  if (seconds === null) return "never";
  for (const [size, unit] of [[172800, "d"], [3600, "h"], [60, "min"]]) {
    const of = unit === "d" ? 86400 : size;
    if (seconds >= size) return `${number(seconds / of, 2)} ${unit}`;
  }
  return seconds < 1 ? "less than 1 s" : `${Math.round(seconds)} s`;
}

/** Have the planner of a route answer whenever its fields change; returns how to tell it of other traffic. */
export function planner(route) {
  if (!at("plan")) return;
  let { rate: mean, source } = at("plan").dataset;
  // The traffic is asked for once in a visit: a plan that changes by itself cannot be compared with another.
  let known = { rate: Number(mean) || null, errors: null };
  let own = true; // what is known of the route's traffic, until a person says otherwise
  let waiting = 0;
  let busy = false; // one question at a time: a plan is work for the process that also rolls back
  let again = false;
  let plan = null;

  const typed = (id) => Number(at(`${id}-number`).value);
  const set = (id, value) => {
    at(`${id}-number`).value = Number(value.toPrecision(3));
    at(id).value = Math.log10(value);
    at(id).setAttribute("aria-valuetext", at(`${id}-number`).value);
  };
  const said = () => {
    put(at("smallest-said"), `${SIZES[at("smallest").value]} × the errors`);
    at("smallest").setAttribute("aria-valuetext", at("smallest-said").textContent);
  };

  function query() {
    const found = new URLSearchParams({ canary: at("canary").value, steps: numbers(at("steps").value).join(",") });
    const [rate, errors] = own ? [known.rate, known.errors] : [typed("rate"), typed("errors")];
    if (rate) found.set("rate", Number(rate).toPrecision(4));
    if (errors) found.set("error_rate", Number(errors).toPrecision(4));
    return found;
  }

  /** Ask, and once more where a field was changed meanwhile. */
  async function ask() {
    again = busy;
    if (busy) return;
    if (!checkSteps()) {
      plan = null;
      at("answer").replaceChildren();
      at("answer").removeAttribute("aria-busy");
      return;
    }
    busy = true;
    at("answer").setAttribute("aria-busy", "true");
    if (!plan) at("answer").replaceChildren(line("p", "Working it out…", "empty"));
    await answer();
    busy = false;
    if (again) await ask();
    else at("answer").removeAttribute("aria-busy");
  }

  async function answer() {
    try {
      const { body } = await api("GET", `/api/v1/routes/${encodeURIComponent(route)}/plan?${query()}`);
      plan = body;
      if (own) follow(body);
      checkSteps(body.hindrance);
      show();
    } catch (error) {
      if (own && error.status === 422 && /rate=/.test(error.message)) {
        own = false; // no traffic to go by: what the fields say
        again = true;
        put(at("plan-source"), "there has been no traffic of late; say what to plan for");
      } else at("answer").replaceChildren(line("p", error.message, "bad"));
    }
  }

  /** Keep what the route's own traffic is, and put the fields there. */
  function follow(found) {
    const from = known.rate ? source : `the rate of the last ${Math.round(found.rate_seconds)} s`;
    if (known.errors === null) known = { rate: known.rate ?? found.rate, errors: found.error_rate * 100, said: `${from}; ${found.source}` };
    set("rate", known.rate);
    set("errors", known.errors);
  }

  function show() {
    if (own) put(at("plan-source"), known.said + (plan.counts === "users" ? "; it counts requests: users who come again are new only once, so lower it to the new users" : ""));
    put(at("rate-label"), plan.counts === "users" ? "New users per second" : "Requests per second");
    const size = SIZES[at("smallest").value];
    const rows = plan.steps.map((step) => {
      const found = step.detections.find((one) => one.metric === "errors" && one.size === size);
      return [`${step.weight} %`, `${span(step.seconds)} (${span(step.seconds_p90)})`, step.requests === null ? "–" : number(Number(step.requests.toPrecision(2))), step.slowest, chance(found)];
    });
    const total = plan.seconds === null
      ? "A version that is no worse does not get to 100 % by itself."
      : `To 100 %: ${span(plan.seconds)} for a version that is no worse (9 of 10 within ${span(plan.seconds_p90)}).`;
    const parts = [line("p", total, "total"), wide(table(["Step", "Takes (9 of 10 within)", plan.counts === "users" ? "Users" : "Requests", "Waits mostly for", `Finds ${size} × the errors`], rows))];
    parts.push(...plan.warnings.map((text) => line("p", `Warning: ${text}.`, "warn")));
    if (plan.better) parts.push(better());
    parts.push(...plan.notes.map((text) => line("p", `Note: ${text}.`, "faint")));
    at("answer").replaceChildren(...parts);
  }

  function better() {
    const steps = [...plan.better.steps, 100].join(",");
    const use = line("button", "Use these steps");
    use.type = "button";
    use.addEventListener("click", () => { at("steps").value = steps; soon(); });
    const text = line("p", `Better: ${plan.better.why}. `);
    text.append(use);
    return text;
  }

  function soon() {
    said();
    checkSteps("");
    clearTimeout(waiting);
    waiting = setTimeout(ask, PAUSE);
  }

  function mine() {
    own = false;
    put(at("plan-source"), "as you say");
    soon();
  }

  for (const id of ["rate", "errors"]) {
    at(id).addEventListener("input", () => { set(id, 10 ** Number(at(id).value)); mine(); });
    at(`${id}-number`).addEventListener("input", () => { if (typed(id) > 0) { at(id).value = Math.log10(typed(id)); mine(); } });
    set(id, 10 ** Number(at(id).value));
  }
  for (const id of ["canary", "steps"]) at(id).addEventListener("input", soon);
  at("smallest").addEventListener("input", () => { said(); if (plan) show(); });
  at("own-traffic").addEventListener("click", () => { own = true; soon(); });
  said();
  if (at("planner").open) soon(); // the page is shown first: a plan is half a second's work
  /** Go by the traffic of now: what was seen before is of another division. */
  const renew = (now) => {
    ({ rate: mean, source } = now);
    known = { rate: Number(mean) || null, errors: null };
    plan = null;
    if (at("planner").open) ask();
  };
  at("planner").addEventListener("toggle", () => { if (at("planner").open && !plan && !busy) ask(); });
  return renew;
}

/** How likely a regression is found in a step, and when; one that is found in no time is said to be. */
function chance(found) {
  if (!found) return "errors are not judged";
  const percent = Math.round(found.chance * 100);
  if (found.seconds === null) return "never: not in any time";
  return percent ? `${percent} %, after ${span(found.seconds)}` : `hardly ever: it takes ${span(found.seconds)}, and the step ends long before`;
}

function wide(made) {
  const box = document.createElement("div");
  box.className = "wide-table";
  box.append(made);
  return box;
}

const put = (element, text) => { element.textContent = text; };

function line(tag, text, kind = "") {
  const made = document.createElement(tag);
  made.textContent = text;
  if (kind) made.className = kind;
  return made;
}

function table(heads, rows) {
  const made = document.createElement("table");
  const head = made.createTHead().insertRow();
  for (const text of heads) {
    const cell = line("th", text);
    cell.scope = "col";
    head.append(cell);
  }
  const body = made.createTBody();
  for (const row of rows) {
    const tr = body.insertRow();
    row.forEach((text, place) => {
      const cell = line("td", text);
      cell.dataset.label = heads[place]; // told beside it where the table is too narrow for its head
      tr.append(cell);
    });
  }
  return made;
}
