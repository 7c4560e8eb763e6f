// The steps of a rollout as they are typed: what is wrong with them, before anything is asked or started.

const at = (id) => document.getElementById(id);
const FULL = 100000;
const MOST = 100;

/** The numbers of "1, 5 %, 25"; what is none is NaN. */
export const numbers = (text) => text.split(",").map((word) => {
  const bare = word.trim().replace(/\s*%$/, "");
  return bare ? Number(bare) : NaN;
});

/** What is wrong with steps, in the words of the admin API; empty where nothing is. */
export function problem(text) {
  if (!text.trim()) return "a rollout needs a step: percentages that grow, such as 1,5,25,100";
  const percents = numbers(text);
  if (percents.some(Number.isNaN)) return "steps must be percentages that grow, as in 1,5,25,100";
  if (percents.length > MOST) return `${percents.length} steps are too many; ${MOST} are possible`;
  const outside = percents.find((percent) => !(percent >= 0.001 && percent <= 100));
  if (outside !== undefined) return `a step is a percentage from 0.001 to 100, not ${outside}`;
  const units = percents.map((percent) => Math.round(percent * FULL / 100));
  const back = units.findIndex((unit, place) => place > 0 && unit <= units[place - 1]);
  if (back > 0) return `steps must grow, and ${percents[back]} does not after ${percents[back - 1]} (given: ${percents.join(", ")})`;
  if (units[0] === FULL) return "a rollout needs a step below 100 %; to move everything at once: gateway switch";
  return "";
}

let refused = ""; // why it cannot start now, as the plan says

/** Show what is wrong with the steps, and let Start be pressed only where nothing is; tell whether that is so. */
export function checkSteps(why = refused) {
  refused = why;
  const found = problem(at("steps").value) || refused;
  const place = at("steps-problem");
  const said = found ? `It cannot start so: ${found}.` : "";
  if (place.textContent !== said) place.textContent = said;
  place.hidden = !found;
  at("steps").setAttribute("aria-invalid", String(Boolean(found)));
  if (at("start")) at("start").disabled = Boolean(found);
  return !problem(at("steps").value);
}
