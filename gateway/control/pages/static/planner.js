// The planner: sliders that say what a rollout would be like, answered by the admin API.
import { api, number } from "./app.js";

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
  return `${Math.round(seconds)} s`;
}

/** Have the planner of a route answer whenever its fields change. */
export function planner(route) {
  if (!at("plan")) return;
  let own = true; // the route's own traffic, until a slider is moved
  let waiting = 0;
  let busy = false; // one question at a time: a plan is work for the process that also rolls back
  let again = false;
  let plan = null;

  const rate = () => 10 ** Number(at("rate").value);
  const errors = () => 10 ** Number(at("errors").value);
  const said = () => {
    put(at("rate-said"), `${number(rate(), 2)} per second`);
    at("rate").setAttribute("aria-valuetext", at("rate-said").textContent);
    put(at("errors-said"), `${number(errors(), 2)} %`);
    at("errors").setAttribute("aria-valuetext", at("errors-said").textContent);
    put(at("smallest-said"), `${SIZES[at("smallest").value]} × the errors`);
    at("smallest").setAttribute("aria-valuetext", at("smallest-said").textContent);
  };

  function query() {
    const found = new URLSearchParams({ canary: at("canary").value });
    const steps = at("steps").value.replaceAll(/[%\s]/g, "");
    if (steps) found.set("steps", steps);
    if (!own) {
      found.set("rate", rate().toPrecision(4));
      found.set("error_rate", errors().toPrecision(4));
    }
    return found;
  }

  /** Ask, and once more where a field was changed meanwhile. */
  async function ask() {
    again = busy;
    if (busy) return;
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
      put(at("plan-source"), own ? body.source : "");
      show();
    } catch (error) {
      if (own && error.status === 422 && /rate=/.test(error.message)) {
        own = false; // no traffic to go by: what the sliders say
        again = true;
        put(at("plan-source"), "there has been no traffic just now; the sliders say what to plan for");
      } else at("answer").replaceChildren(line("p", error.message, "bad"));
    }
  }

  /** Put the sliders where the route's own traffic is. */
  function follow(found) {
    at("rate").value = Math.log10(found.rate);
    at("errors").value = Math.log10(found.error_rate * 100);
    said();
  }

  function show() {
    const size = SIZES[at("smallest").value];
    const rows = plan.steps.map((step) => {
      const found = step.detections.find((one) => one.metric === "errors" && one.size === size);
      const chance = found ? `${Math.round(found.chance * 100)} %, after ${span(found.seconds)}` : "errors are not judged";
      return [`${step.weight} %`, `${span(step.seconds)} (${span(step.seconds_p90)})`, step.requests === null ? "–" : number(Number(step.requests.toPrecision(2))), step.slowest, chance];
    });
    const total = plan.seconds === null
      ? "A version that is no worse does not get to 100 % by itself."
      : `To 100 %: ${span(plan.seconds)} for a version that is no worse (9 of 10 within ${span(plan.seconds_p90)}).`;
    const parts = [line("p", total, "total"), table(["Step", "Takes (9 of 10 within)", plan.counts === "users" ? "Users" : "Requests", "Waits mostly for", `Finds ${size} × the errors`], rows)];
    parts.push(...plan.warnings.map((text) => line("p", `Warning: ${text}`, "warn")));
    if (plan.better) {
      const steps = [...plan.better.steps, 100].join(",");
      const use = line("button", "Use these steps");
      use.type = "button";
      use.addEventListener("click", () => { at("steps").value = steps; soon(); });
      const text = line("p", `Better: ${steps} takes ${span(plan.better.seconds)}, with ${number(plan.better.bad, 2)} bad answers at worst instead of ${number(plan.worst.bad, 2)}. `);
      text.append(use);
      parts.push(text);
    }
    at("answer").replaceChildren(...parts);
  }

  function soon() {
    said();
    clearTimeout(waiting);
    waiting = setTimeout(ask, PAUSE);
  }

  for (const id of ["rate", "errors"]) at(id).addEventListener("input", () => { own = false; put(at("plan-source"), ""); soon(); });
  for (const id of ["canary", "steps"]) at(id).addEventListener("input", soon);
  at("smallest").addEventListener("input", () => { said(); if (plan) show(); });
  at("own-traffic").addEventListener("click", () => { own = true; soon(); });
  said();
  ask();
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
    for (const text of row) tr.append(line("td", text));
  }
  return made;
}
