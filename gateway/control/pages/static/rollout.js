// The page of a rollout: shows it anew every two seconds, draws the evidence, moves it.
import { Refused, act, api } from "./app.js";
import { planner } from "./planner.js";
import { Evidence } from "./evidence.js";

const PERIOD = 2000;
const root = document.getElementById("rollout");
const [stateBox, eventsBox] = [document.getElementById("state"), document.getElementById("events")];
const path = `/routes/${encodeURIComponent(root.dataset.route)}/rollout`;
const calls = `/api/v1${path}`;
const lost = document.getElementById("connection");
const evidence = new Evidence(JSON.parse(document.getElementById("trace").textContent));
let etag = `"${root.dataset.revision}"`;
let eventsEtag = etag; // of the revision that the events box shows
let turn = 0; // looks begun: the answer to an earlier one than the latest is old
let state = JSON.parse(document.getElementById("state-data").textContent);

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
  stateBox.innerHTML = found.text; // made by our own templates, which escape
  state = JSON.parse(document.getElementById("state-data").textContent);
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
    lost.hidden = true;
  } catch {
    lost.hidden = false;
  }
}

function shown() {
  const is = state.progress?.state;
  const active = is === "progressing" || is === "paused";
  if (active) evidence.add(state.progress.id, Date.now() / 1000, state.metrics);
  evidence.draw(stateBox);
  const said = stateBox.querySelector(".headline").textContent;
  const headline = document.getElementById("headline");
  if (headline.textContent !== said) headline.textContent = said; // told aloud only when it is another one
  const moves = document.getElementById("moves");
  if (!moves) return;
  moves.hidden = !active;
  moves.querySelector("[data-move=pause]").hidden = is !== "progressing";
  moves.querySelector("[data-move=resume]").hidden = is !== "paused";
  const next = state.progress?.steps[state.progress.step];
  const promote = moves.querySelector("[data-move=promote]");
  promote.hidden = !next || next.weight >= 100;
  if (next) promote.textContent = `Next step (${next.weight} %)`;
  const starting = document.getElementById("starting");
  if (starting) starting.hidden = active;
}

async function every() {
  if (!document.hidden) await tryLook();
  setTimeout(every, PERIOD);
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
const reason = document.getElementById("move-reason");
for (const button of document.querySelectorAll("[data-move]")) {
  button.addEventListener("click", () => act(button, async () => {
    const told = await move(button.dataset.move, { reason: reason.value.trim() }, DONE[button.dataset.move]);
    reason.value = "";
    return told;
  }));
}

const sure = document.getElementById("sure");
let agreed; // what the dialog asks about: the page behind it goes on, and may come to show another rollout
document.getElementById("moves")?.addEventListener("submit", (event) => event.preventDefault());
document.getElementById("complete")?.addEventListener("click", () => {
  const text = document.getElementById("sure-text");
  const { canary, stable } = state.progress;
  agreed = { etag, canary };
  text.textContent = `${canary} then gets 100 % of ${state.route} at once, whatever the judge has seen so far, and becomes stable. ${stable} stays warm for ${text.dataset.warm}, so that a rollback goes back to it.`;
  sure.showModal();
});
document.getElementById("sure-no")?.addEventListener("click", () => sure.close());
document.getElementById("sure-yes")?.addEventListener("click", (event) => act(event.target, async () => {
  sure.close();
  return move("promote", { full: true, reason: reason.value.trim() }, `${agreed.canary} is stable.`, agreed.etag);
}));

document.getElementById("plan")?.addEventListener("submit", (event) => {
  event.preventDefault();
  const button = document.getElementById("start");
  if (!button || document.getElementById("starting").hidden) return;
  act(button, async () => {
    const steps = document.getElementById("steps").value.split(",").map((word) => Number(word.trim().replace("%", "")));
    if (steps.some(Number.isNaN)) throw new Refused(400, "Steps are percentages that grow, such as 1,5,25,100.");
    const force = document.getElementById("force");
    const body = { canary: document.getElementById("canary").value, reason: document.getElementById("start-reason").value.trim(), force: force.checked };
    if (document.getElementById("steps").value.trim() !== usual) body.steps = steps;
    try {
      const told = await move("", body, `The rollout of ${body.canary} has begun.`);
      document.getElementById("start-reason").value = "";
      document.getElementById("state").scrollIntoView({ block: "start" });
      return told;
    } catch (error) {
      if (error.status === 409) document.getElementById("start-force").hidden = false;
      throw error;
    }
  });
});

const usual = document.getElementById("steps")?.value.trim();
shown();
planner(root.dataset.route);
setTimeout(every, PERIOD);
