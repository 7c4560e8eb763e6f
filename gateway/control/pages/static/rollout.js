// The page of a rollout: shows it anew every two seconds, draws the evidence, moves it.
import { Refused, act, api, connected, hasEnded } from "./app.js";
import { planner } from "./planner.js";
import { checkSteps, numbers } from "./steps.js";
import { Evidence } from "./evidence.js";

const PERIOD = 2000;
const at = (id) => document.getElementById(id);
const root = at("rollout");
const [stateBox, judgedBox, eventsBox] = [at("state"), at("judged-box"), at("events")];
const path = `/routes/${encodeURIComponent(root.dataset.route)}/rollout`;
const calls = `/api/v1${path}`;
const evidence = new Evidence(JSON.parse(at("trace").textContent));
let etag = `"${root.dataset.revision}"`;
let eventsEtag = etag; // of the revision that the events box shows
let turn = 0; // looks begun: the answer to an earlier one than the latest is old
let state = JSON.parse(at("state-data").textContent);

async function piece(name) {
  const answer = await fetch(`${path}/${name}`, { headers: { accept: "text/html" } });
  if (!answer.ok || answer.redirected) throw new Refused(answer.status, "this page cannot be shown anew; load it again");
  return { text: await answer.text(), etag: answer.headers.get("etag") };
}

/** Show where it stands now; what happened is asked for only where the revision is another one. */
async function look() {
  const mine = ++turn;
  const found = await piece("state");
  if (mine !== turn) return;
  const made = document.createElement("template");
  made.innerHTML = found.text; // made by our own templates, which escape
  for (const box of [stateBox, judgedBox]) box.replaceChildren(...made.content.querySelector(`[data-part=${box.id}]`).childNodes);
  state = JSON.parse(at("state-data").textContent);
  etag = found.etag;
  shown();
  if (found.etag === eventsEtag) return;
  const events = await piece("events");
  if (mine !== turn) return;
  eventsBox.innerHTML = events.text;
  eventsEtag = found.etag;
}

/** Look, and say so where that fails: what was done before stays done, so it is no error of the caller. */
async function tryLook() {
  try {
    await look();
    connected(true);
  } catch {
    connected(false);
    if (await hasEnded()) clearTimeout(looking);
  }
}

function shown() {
  const is = state.progress?.state;
  const active = is === "progressing" || is === "paused";
  if (active) evidence.add(state.progress.id, Date.now() / 1000, state.metrics);
  evidence.draw(judgedBox);
  const said = stateBox.querySelector(".headline").textContent;
  const headline = at("headline");
  if (headline.textContent !== said) headline.textContent = said; // told aloud only when it is another one
  arrange(active);
  offered();
}

let arranged = null;
let moving = false; // a button was pressed and its answer is awaited

/** While a rollout is under way it comes first, and the planner is folded away; else the planner is first. */
function arrange(active) {
  const starting = at("starting");
  if (starting) starting.hidden = active;
  if (at("moves")) at("moves").hidden = !active;
  if (arranged !== null && arranged !== active) {
    const parts = [stateBox, at("moves"), judgedBox, at("past")].filter(Boolean);
    root.append(...(active ? [...parts, at("planner")] : [at("planner"), ...parts]));
    at("planner").open = !active;
    if (!active) renewPlan();
  }
  arranged = active;
}

/** Have the planner go by the traffic after the rollout. */
async function renewPlan() {
  try {
    const answer = await fetch(path, { headers: { accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (page.getElementById("plan")) planned?.(page.getElementById("plan").dataset);
  } catch { // it goes on with what it knows
  }
}

/** Say of each button what it will do now; one that makes no sense now is disabled, with why. */
function offered() {
  if (moving) return;
  for (const button of document.querySelectorAll("[data-move]")) {
    const offer = state.moves[button.dataset.move];
    if (!offer) continue;
    button.textContent = offer.label;
    button.disabled = offer.refused !== "";
    at(`does-${button.dataset.move}`).textContent = offer.refused ? `Not now: ${offer.refused}.` : `${offer.does}.`;
    // pausing and resuming are two ways of one switch
    button.parentElement.hidden = offer.refused !== "" && ["pause", "resume"].includes(button.dataset.move);
  }
}

let looking = 0;
async function every() {
  looking = setTimeout(every, PERIOD);
  if (!document.hidden) await tryLook();
}

/**
 * Move it; what takes the canary's share away or keeps it is done whatever happened meanwhile. `seen` is the
 * etag of what the person agreed to.
 */
async function move(event, body, words, seen = etag) {
  const careful = event === "promote" || event === "";
  try {
    await api("POST", event ? `${calls}/${event}` : calls, body, careful ? { etag: seen } : {});
  } catch (error) {
    if (error.status !== 412) throw error;
    throw new Refused(412, "Something was changed meanwhile, so nothing was done; the page shows what is so now. Look and press again.");
  } finally {
    await tryLook();
  }
  return words;
}

const DONE = { pause: "Paused.", resume: "It goes on.", promote: "The next step has begun.", abort: "Taken back." };
const reason = at("move-reason");
for (const button of document.querySelectorAll("[data-move]:not([data-move=complete])")) {
  button.addEventListener("click", async () => {
    moving = true;
    await act(button, async () => {
      const told = await move(button.dataset.move, { reason: reason.value.trim() }, DONE[button.dataset.move]);
      reason.value = "";
      return told;
    });
    moving = false;
    offered(); // what was pressed may make no sense any more
  });
}

const sure = at("sure");
let agreed; // what the dialog asks about: the page behind it goes on, and may come to show another rollout
at("moves")?.addEventListener("submit", (event) => event.preventDefault());
document.querySelector("[data-move=complete]")?.addEventListener("click", () => {
  const text = at("sure-text");
  const { canary, stable } = state.progress;
  agreed = { etag, canary };
  text.textContent = `${canary} then gets 100 % of ${state.route} at once, whatever the judge has seen so far, and becomes stable. ${stable} stays warm for ${text.dataset.warm}, so that a rollback goes back to it.`;
  sure.showModal();
});
at("sure-no")?.addEventListener("click", () => sure.close());
at("sure-yes")?.addEventListener("click", (event) => act(event.target, async () => {
  sure.close();
  return move("promote", { full: true, reason: reason.value.trim() }, `${agreed.canary} is stable.`, agreed.etag);
}));

at("plan")?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = at("start");
  if (!button || button.disabled || at("starting").hidden) return;
  await act(button, async () => {
    const body = { canary: at("canary").value, reason: at("start-reason").value.trim(), force: at("force").checked };
    if (at("steps").value.trim() !== usual) body.steps = numbers(at("steps").value);
    try {
      const told = await move("", body, `The rollout of ${body.canary} has begun.`);
      at("start-reason").value = "";
      stateBox.scrollIntoView({ block: "start" });
      return told;
    } catch (error) {
      if (error.status === 409) at("start-force").hidden = false;
      throw error;
    }
  });
  checkSteps();
});

const usual = at("steps")?.value.trim();
shown();
const planned = planner(root.dataset.route);
looking = setTimeout(every, PERIOD);
