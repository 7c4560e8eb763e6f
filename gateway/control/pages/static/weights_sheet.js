// The table of the page of weights: a slider, a number and a hold for each version, which always add up to 100.
import { give, obstacle, room } from "./spread.js";
import { against, holdWords, input, liveWords, percent, text } from "./weights_words.js";

export class Sheet {
  /** `body`: the tbody; `say` is told what moved where, `changed` that anything did. */
  constructor(body, { may, say, changed }) {
    Object.assign(this, { body, may, say, changed, rows: new Map(), held: new Set(), set: [], stable: "" });
  }

  /** Show a division; `keep`: the numbers a person has set stay, to be compared with it. */
  load(found, keep) {
    const before = this.rows;
    this.stable = found.stable;
    this.rows = new Map(found.rows.map((row) => [row.name, { wish: row.live, share: row.live, live: row.live, file: row.file }]));
    if (keep) {
      for (const row of this.rows.values()) row.wish = row.share = 0;
      for (const [name, { wish, share }] of before) this.rows.set(name, { live: 0, file: undefined, ...this.rows.get(name), wish, share });
    } else {
      this.held.clear();
      this.set.length = 0;
    }
    this.build();
  }

  add(name) {
    this.rows.set(name, { wish: 0, share: 0, live: 0, file: undefined });
    this.build();
  }

  /** Others made another division live, or the file says another one; what is set here stays. */
  know(found) {
    for (const row of this.rows.values()) row.live = 0;
    for (const { name, live, file } of found.rows) if (this.rows.has(name)) Object.assign(this.rows.get(name), { live, file });
    this.show();
  }

  get sum() { return [...this.rows.values()].reduce((total, row) => total + row.share, 0); }
  get weights() { return Object.fromEntries([...this.rows].map(([name, row]) => [name, row.share])); }
  get wrong() { return [...this.rows.keys()].find((name) => this.rows.get(name).problem); }
  get moves() { return against(this.rows, "live"); }
  get isTouched() { return this.held.size > 0 || this.moves.length > 0 || this.wrong !== undefined; }

  build() {
    this.body.replaceChildren(...[...this.rows.keys()].map((name, index) => this.line(name, index)));
    this.show();
  }

  line(name, index) {
    const row = this.rows.get(name);
    const line = document.createElement("tr");
    const head = Object.assign(document.createElement("th"), { scope: "row", textContent: name === this.stable ? `${name} (stable)` : name });
    row.slider = input("range", `Share of ${name}`, { min: 0, max: 100, step: 1 });
    row.field = input("number", `Percent of ${name}`, { min: 0, max: 100, step: "any", inputMode: "decimal" });
    row.hold = input("checkbox", `Hold ${name} where it is`, { disabled: !this.may });
    row.note = Object.assign(text("", "note bad"), { id: `note-${index}`, hidden: true });
    row.note.setAttribute("role", "alert");
    row.field.setAttribute("aria-describedby", row.note.id);
    row.slider.addEventListener("input", () => this.slid(name, row.slider.valueAsNumber));
    row.field.addEventListener("input", () => this.typed(name, row.field.valueAsNumber));
    row.field.addEventListener("blur", () => this.show());
    row.hold.addEventListener("change", () => this.hold(name, row.hold.checked));
    const cells = Array.from({ length: 3 }, () => document.createElement("td"));
    cells[0].append(Object.assign(document.createElement("div"), { className: "share" }));
    cells[0].firstChild.append(row.slider, row.field, row.note);
    cells[1].append(row.hold);
    cells[2].className = "number";
    row.told = cells[2];
    line.append(head, ...cells);
    return line;
  }

  /** A number that was typed: it counts, or it is said beside it why it cannot. */
  typed(name, value) {
    const problem = obstacle(this.rows, this.held, name, value);
    for (const row of this.rows.values()) row.problem = "";
    if (problem) this.rows.get(name).problem = problem;
    else this.say(give(this.rows, this.held, this.set, this.stable, name, value));
    this.show();
  }

  /** A slider stops where what is on hold leaves no more. */
  slid(name, value) {
    const { least, most } = room(this.rows, this.held, name);
    const problem = obstacle(this.rows, this.held, name, value);
    this.typed(name, Math.min(Math.max(value, least), most));
    if (problem) this.say(`${name} stops at ${percent(this.rows.get(name).share)}. ${problem}`);
  }

  hold(name, isHeld) {
    if (isHeld) this.held.add(name);
    else this.held.delete(name);
    this.rows.get(name).problem = "";
    this.say(holdWords(this.rows, this.held, name));
    this.show();
  }

  show() {
    for (const [name, row] of this.rows) {
      row.slider.value = row.share;
      row.slider.setAttribute("aria-valuetext", percent(row.share));
      if (!row.problem && document.activeElement !== row.field) row.field.value = row.share;
      row.field.setAttribute("aria-invalid", row.problem ? "true" : "false");
      row.note.textContent = row.problem || "";
      row.note.hidden = !row.problem;
      row.hold.checked = this.held.has(name);
      row.slider.disabled = row.field.disabled = !this.may || this.held.has(name);
      row.told.replaceChildren(...liveWords(row));
    }
    this.changed();
  }
}
