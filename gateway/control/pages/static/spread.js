// Shares that always add up to 100: what is moved takes its share, and the rest is spread over the others.

const round = (value) => Math.round(value * 1000) / 1000;

/**
 * Give one version a share. `rows`: Map of name to {wish, share}; `held`: names in the order in which they were
 * held, changed here: what is moved is held too, and the oldest are let go where nothing else could take the rest.
 * Returns a sentence on how the rest is spread.
 */
export function give(rows, held, stable, name, value) {
  const share = round(Math.min(Math.max(value, 0), 100));
  held.splice(0, held.length, ...held.filter((one) => one !== name));
  const sum = () => held.reduce((total, one) => total + rows.get(one).share, 0);
  while (held.length && (held.length + 1 >= rows.size || sum() + share > 100 + 1e-9)) held.shift();
  if (rows.size === 1) {
    rows.get(name).share = 100;
    return "There is no other version, so it has 100 %.";
  }
  const free = [...rows.keys()].filter((one) => one !== name && !held.includes(one));
  const rest = round(100 - share - sum());
  held.push(name);
  rows.get(name).wish = rows.get(name).share = share;
  return spread(rows, free, stable, rest);
}

function spread(rows, free, stable, rest) {
  const wished = free.reduce((total, one) => total + rows.get(one).wish, 0);
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
