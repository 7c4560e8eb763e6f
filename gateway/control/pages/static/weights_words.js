// How the page of weights writes: shares, what moves, lists.

export const percent = (value) => (value === null || value === undefined ? "–" : `${Number(value.toFixed(3))} %`);
export const text = (words, className = "faint") => Object.assign(document.createElement("p"), { textContent: words, className });
export const item = (words) => Object.assign(document.createElement("li"), { textContent: words });

export function list(lines) {
  const made = document.createElement("ul");
  made.className = "plain changed";
  made.append(...lines.map(item));
  return made;
}

/** Which of {name, from, to} move: what grows comes first. */
export const moves = (all) => all
  .filter(({ from, to }) => Math.abs(from - to) > 1e-9)
  .sort((one, other) => other.to - other.from - (one.to - one.from));

/** A division in words, without those that get nothing. */
export const shares = (rows) => rows.filter((one) => one.live).map((one) => `${one.name} ${percent(one.live)}`).join(", ");

/** The moves in words. */
export const moved = (all) => moves(all).map(({ name, from, to }) => `${name} ${percent(from)} → ${percent(to)}`).join(", ");

/** What would change against what is live or what the file says, one line each. */
export function against(rows, which) {
  return moves([...rows].map(([name, row]) => ({ name, from: row[which] ?? 0, to: row.share })))
    .map(({ name, from, to }) => `${name} ${percent(from)} → ${percent(to)} (${to > from ? "+" : "−"}${percent(Math.abs(to - from))})`);
}

/** The difference as elements: to what is live, and to the file where that is another one. */
export function difference(rows, isFileKnown) {
  const changes = against(rows, "live"), other = against(rows, "file");
  if (!changes.length) return [text("Nothing: this is what is live.")];
  if (!isFileKnown) return [list(changes)];
  if (changes.join() === other.join()) return [list(changes), text("routing.yaml says what is live, so the difference to it is the same.")];
  return [list(changes), text("Against routing.yaml:"), other.length ? list(other) : text("nothing.")];
}

/** What is live of one version; what the file says too, where that is something else. */
export function liveWords(row) {
  const words = [percent(row.live)];
  if (row.file !== undefined && row.file !== null && row.file !== row.live) words.push(text(`routing.yaml: ${percent(row.file)}`));
  return words;
}

/** What on hold leaves, after a version was put there or let go. */
export function holdWords(rows, held, name) {
  const free = [...rows.keys()].filter((one) => !held.has(one));
  const said = held.has(name) ? `${name} is on hold at ${percent(rows.get(name).share)}.` : `${name} may move again.`;
  if (!free.length) return `${said} All are on hold, so nothing can move.`;
  return free.length > 1 ? said : `${said} With all others on hold, ${free[0]} stays at ${percent(rows.get(free[0]).share)}.`;
}

export function input(type, label, more) {
  const made = Object.assign(document.createElement("input"), { type, ...more });
  made.setAttribute("aria-label", label);
  return made;
}
