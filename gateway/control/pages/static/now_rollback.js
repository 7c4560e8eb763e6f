// The button Rollback of the page Now: one click, then what it did, and how to undo that.
import { api, number } from "./app.js";

export const field = (within, name) => within.querySelector(`[data-f="${name}"]`);

/** Take back, and say what that did: from what to what, in which revision, how long it took. */
async function rollBack(name) {
  const path = name ? `/api/v1/routes/${encodeURIComponent(name)}/rollback` : "/api/v1/rollback";
  const began = performance.now();
  const { body } = await api("POST", path, { reason: "Rollback on the page Now" });
  const took = number(Math.round(performance.now() - began));
  const divided = (body.routes || [body]).map((one) => (
    `${one.route}: ${Object.entries(one.weights).filter(([, share]) => share).map(([version, share]) => `${version} ${number(share)} %`).join(", ")}`));
  const what = body.changed ? `Rolled back: revision ${body.revision} is live, ${took} ms after the click.` : "Nothing was left to take back.";
  return { what, told: `${what} Now ${divided.join("; ")}.`, revision: body.changed ? body.revision : 0 };
}

/** Take back what a button names, and leave beside it what was done, with the way back to what was before. */
export async function takeBack(button) {
  const within = button.parentElement;
  const promised = field(within, "rollback").textContent.replaceAll("\n", "; ");
  const { what, told, revision } = await rollBack(button.dataset.rollback);
  const box = field(within, "did");
  box.replaceChildren(what);
  if (revision) {
    const link = Object.assign(document.createElement("a"), { href: `/history/${revision - 1}`, textContent: `revision ${revision - 1}` });
    box.append(` Done: ${promised}. To undo it, go back to `, link, ".");
  }
  box.dataset.revision = revision;
  box.hidden = false;
  box.focus(); // the button is off now, and a keyboard would be nowhere
  return told;
}
