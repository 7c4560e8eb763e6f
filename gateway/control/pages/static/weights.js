// The page of a route's weights: the difference before it is applied, one careful change, and the way back.
import { api, live, number, tell } from "./app.js";
import { Sheet } from "./weights_sheet.js";
import { difference, item, moved, percent, shares, text } from "./weights_words.js";

const at = (id) => document.getElementById(id);
let state = JSON.parse(at("state").textContent);
/** What others made live since, which a person has not chosen to start from; null: nothing. */
let ahead = null;
let isBusy = false, isReading = false;
const ALWAYS = at("spread").textContent;
const base = `/routes/${encodeURIComponent(state.route)}`;
const may = !at("form").dataset.refused;
const sheet = new Sheet(at("rows"), { may, say: (words) => { at("spread").textContent = words; }, changed: shown });

/** Show a state; `keep`: the numbers a person has set stay, to be compared with it. */
function load(found, keep = false) {
  state = found;
  ahead = null;
  at("under-way").hidden = !state.rollout_of;
  at("rolling").textContent = state.rollout_of;
  at("file-problem").hidden = !state.file_problem;
  at("file-problem").textContent = state.file_problem && `What routing.yaml says is not known: ${state.file_problem}`;
  at("conflict").hidden = true;
  at("refusal").hidden = true;
  at("spread").textContent = ALWAYS;
  sheet.load(state, keep);
  others();
}

/** Offer the services that the route does not have. */
function others() {
  const found = state.others.filter((name) => !sheet.rows.has(name));
  at("adding").hidden = !found.length || !may;
  at("other").replaceChildren(...found.map((name) => new Option(name)));
}

function shown() {
  at("difference").replaceChildren(...difference(sheet.rows, !state.file_problem));
  if (!may) return;
  const obstacles = whyNot();
  at("why-not").textContent = obstacles;
  at("apply").disabled = Boolean(obstacles) || isBusy;
}

/** Why Apply cannot be pressed, in words; empty: it can. */
function whyNot() {
  if (sheet.wrong) return `Nothing can be applied: what is typed for ${sheet.wrong} is not possible; see beside it.`;
  if (ahead) return "Nothing can be applied: the weights were changed meanwhile. Choose above what to start from.";
  if (Math.abs(sheet.sum - 100) > 1e-6) return `Nothing can be applied: all shares together are ${percent(sheet.sum)}, not 100 %.`;
  if (!sheet.moves.length) return "Nothing to apply: move a share first.";
  if (!at("reason").value.trim()) return "Say why before you apply it: the reason goes into the history.";
  return "";
}

const read = async () => (await api("GET", `${base}/weights/state?since=${(ahead || state).revision}`)).body;
const division = (found) => JSON.stringify([found.rows.map(({ name, live: share }) => [name, share]), found.stable, found.rollout_of]);

/** Take up what is live now, seen by events: other routes' changes quietly, this one's in words. */
function renew(found) {
  if (division(found) === division(ahead || state)) { // it was about something else
    if (ahead) ahead = found;
    else state = found;
    sheet.know(found);
    return;
  }
  at("done").hidden = true;
  if (!sheet.isTouched && !at("reason").value) {
    load(found);
    at("news").replaceChildren(text(`Changed just now: ${found.meanwhile.join(" · ")}. The numbers here are what is live.`, "notice"));
    return;
  }
  conflict(found, "The weights were changed meanwhile; load them to start from them");
}

/** Say what others made live, and let the person choose; what was typed stays, and so does If-Match. */
function conflict(found, title) {
  ahead = found;
  at("conflict-title").textContent = title;
  at("news").replaceChildren();
  at("meanwhile").replaceChildren(item(`Live now: ${shares(found.rows)}`), ...found.meanwhile.map(item));
  at("conflict").hidden = false;
  sheet.know(found);
}

/** Do what a button says, once at a time; what the gateway refuses is said here and stays. */
async function once(button, work) {
  if (isBusy) return;
  isBusy = button.disabled = true;
  at("refusal").hidden = true;
  try {
    const words = await work();
    if (words) tell(words);
  } catch (error) {
    if (error.status === 412) {
      conflict(await read(), "Somebody else was faster; nothing of yours was applied");
      at("conflict").focus();
    } else {
      at("refusal").textContent = error.message;
      at("refusal").hidden = false;
    }
  } finally {
    isBusy = button.disabled = false;
    shown();
  }
}

async function start(keep) {
  load(await read(), keep);
  at("news").replaceChildren();
}

/** Make a change and say what it did, how long it took, and how to take it back. */
async function change(method, path, body, words) {
  const before = state;
  const began = performance.now();
  const { body: done } = await api(method, `/api/v1${base}${path}`, body, { etag: `"${before.revision}"` });
  const took = Math.round(performance.now() - began);
  const was = Object.fromEntries(before.rows.map((one) => [one.name, one.live]));
  const all = Object.entries(done.weights).map(([name, to]) => ({ name, from: was[name] ?? 0, to }));
  const said = `Revision ${done.revision} is live.`;
  at("reason").value = "";
  at("done-title").textContent = `${words}: revision ${done.revision} is live`;
  at("done-words").textContent = `${moved(all)}. It took ${number(took)} ms from the click until it was live and routing.yaml was told.${before.rollout_of ? ` The rollout of ${before.rollout_of} has ended.` : ""}`;
  at("undo").textContent = `Undo: back to ${shares(before.rows)}`;
  at("undo").dataset.to = before.revision;
  at("done-history").href = `/history/${done.revision}`;
  at("done").hidden = false;
  try {
    await start(false);
  } catch { // the change is made all the same
    return `${said} This page could not be shown anew; load it again.`;
  }
  at("done").focus();
  return said;
}

at("form").addEventListener("submit", (event) => {
  event.preventDefault();
  if (at("apply").disabled) return;
  once(at("apply"), () => change("PUT", "/weights", { weights: sheet.weights, reason: at("reason").value.trim() }, "Applied"));
});
at("undo").addEventListener("click", () => {
  const to = Number(at("undo").dataset.to);
  once(at("undo"), () => change("POST", "/rollback", { to, reason: `undo of revision ${state.revision}` }, "Undone"));
});
at("reason").addEventListener("input", shown);
at("reset").addEventListener("click", () => once(at("reset"), async () => { await start(false); return "This is what is live."; }));
at("load").addEventListener("click", () => once(at("load"), async () => { await start(false); return "This is what is live."; }));
at("keep").addEventListener("click", () => once(at("keep"), async () => { await start(true); return "Your numbers, against what is live now."; }));
at("add").addEventListener("click", () => { sheet.add(at("other").value); others(); });
load(state);
live("/events", {
  now: async ({ revision }) => {
    const isOld = (number) => isBusy || number <= (ahead || state).revision;
    if (isReading || isOld(revision)) return;
    isReading = true;
    try {
      const found = await read();
      if (!isOld(found.revision)) renew(found);
    } catch { // the next second's event tries again
    } finally {
      isReading = false;
    }
  },
});
