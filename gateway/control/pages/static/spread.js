// Shares that always add up to 100: what is moved takes its share, and the rest is spread over those that may move.

const round = (value) => Math.round(value * 1000) / 1000;
const total = (rows, names) => round(names.reduce((sum, one) => sum + rows.get(one).share, 0));

/** How much a version can have at least and at most, with all that is held staying where it is. */
export function room(rows, held, name) {
  const others = [...rows.keys()].filter((one) => one !== name);
  const most = round(100 - total(rows, others.filter((one) => held.has(one))));
  return { least: others.every((one) => held.has(one)) ? most : 0, most };
}

/** Why a version cannot have a share, as a sentence; empty: it can. */
export function obstacle(rows, held, name, value) {
  if (!Number.isFinite(value)) return "Type a number from 0 to 100.";
  if (value < 0) return `${value} is less than nothing; type 0 to 100.`;
  if (value > 100) return `${value} is more than all requests; type 100 at most.`;
  if (Math.abs(round(value) - value) > 1e-9) return "Shares go in steps of 0.001 %.";
  if (rows.size === 1) return value === 100 ? "" : "There is no other version, so it has 100 %.";
  const { least, most } = room(rows, held, name);
  if (value <= most && value >= least) return "";
  const fixed = [...held].filter((one) => one !== name && rows.has(one)).map((one) => `${one} (${rows.get(one).share} %)`).join(", ");
  const left = value > most ? `at most ${most} % is left` : `nothing else could take the rest of ${round(most - value)} %`;
  return `Not possible while held: ${fixed}; ${left}. Take a hold off, or type ${most}.`;
}

/**
 * Give one version a share that has no obstacle. `rows`: Map of name to {wish, share}; `held`: Set of names that
 * stay; `set`: names that were set before, the oldest first, changed here: they stay too while others can move.
 * Returns a sentence on who takes the rest.
 */
export function give(rows, held, set, stable, name, value) {
  const share = round(value);
  set.splice(0, set.length, ...set.filter((one) => one !== name && !held.has(one)));
  const fixed = () => [...held, ...set].filter((one) => one !== name);
  while (set.length && (fixed().length + 1 >= rows.size || total(rows, fixed()) + share > 100 + 1e-9)) set.shift();
  const free = [...rows.keys()].filter((one) => one !== name && !fixed().includes(one));
  const rest = round(100 - share - total(rows, fixed()));
  set.push(name);
  rows.get(name).wish = rows.get(name).share = share;
  return free.length ? spread(rows, free, stable, rest) : "Every other version is held.";
}

function spread(rows, free, stable, rest) {
  const wished = free.reduce((sum, one) => sum + rows.get(one).wish, 0);
  const takers = wished > 0 ? free.filter((one) => rows.get(one).wish > 0) : [free.includes(stable) ? stable : free[0]];
  for (const one of free) rows.get(one).share = 0;
  let left = rest;
  for (const one of takers.slice(0, -1)) {
    const part = round((rest * rows.get(one).wish) / wished);
    rows.get(one).share = part;
    left = round(left - part);
  }
  rows.get(takers.at(-1)).share = left;
  if (takers.length === 1) return `The rest, ${rest} %, goes to ${takers[0]}.`;
  return `The rest, ${rest} %, is spread over ${takers.join(", ")} in proportion to ${takers.map((one) => rows.get(one).wish).join(" : ")}.`;
}
