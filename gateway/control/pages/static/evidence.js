// The evidence of a rollout over time, a small chart for each test. Upwards is the way to passing, downwards the
// way to being taken back; where there is only one of them, upwards is that. Each threshold is drawn and named.

const MOST = 1500;
const HEIGHT = 150;
const SECONDS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21600, 86400];

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

export class Evidence {
  /** `trace`: points of the past, [{at, metrics: {name: [worse, good]}}]. */
  constructor(trace) {
    this.rollout = null;
    this.series = new Map();
    this.charts = new Map();
    for (const { at, metrics } of trace) this.#put(at, metrics);
    this.watcher = new ResizeObserver((entries) => entries.forEach(({ target }) => this.#resize(target)));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { this.#forget(); this.draw(document); });
  }

  /** Add what is known now; another rollout begins with empty charts. */
  add(rollout, at, metrics) {
    if (this.rollout !== null && this.rollout !== rollout) {
      this.series.clear();
      this.#forget();
    }
    this.rollout = rollout;
    this.#put(at, metrics);
  }

  /** Draw into the places of a piece of the page that has just been made anew. */
  draw(piece) {
    for (const place of piece.querySelectorAll(".evidence")) {
      const found = this.series.get(place.dataset.metric);
      if (!found || found[0].length < 2) continue;
      const data = place.dataset.good ? found : [found[0], found[1].map((value) => value && -value), found[2]];
      const { box, plot } = this.charts.get(place.dataset.metric) ?? this.#make(place.dataset.metric, data, place);
      place.replaceChildren(box);
      plot.setData(data);
    }
  }

  #put(at, metrics) {
    for (const [name, [worse, good]] of Object.entries(metrics)) {
      if (!this.series.has(name)) this.series.set(name, [[], [], []]);
      const rows = this.series.get(name);
      if (rows[0].length && at <= rows[0].at(-1)) continue;
      [at, worse === null ? null : -worse, good].forEach((value, row) => rows[row].push(value));
      if (rows[0].length > MOST) this.series.set(name, rows.map((row) => row.filter((_, index) => index % 2 === 0 || index > MOST - 60)));
    }
  }

  #make(name, data, place) {
    const box = document.createElement("div");
    box.dataset.metric = name;
    box.setAttribute("role", "img");
    box.setAttribute("aria-label", `Evidence of ${name} over time (UTC), between its thresholds; the list above has the numbers of now`);
    place.append(box);
    const { worse, good } = place.dataset;
    box.setAttribute("aria-label", `${box.getAttribute("aria-label")}: ${[good, worse].filter(Boolean).join("; ")}`);
    const axis = { stroke: colour("--faint"), grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false } };
    const clock = (_, ticks) => ticks.map((tick) => new Date(tick * 1000).toISOString().slice(11, 19));
    const marks = [{ at: 0, words: "even odds", kind: "--faint" }];
    if (good) marks.push({ at: 100, words: `threshold: ${good}`, kind: "--good" });
    if (worse) marks.push({ at: good ? -100 : 100, words: `threshold: ${worse}`, kind: "--bad" });
    const plot = new uPlot({
      width: Math.max(place.clientWidth, 200),
      height: HEIGHT,
      cursor: { show: false },
      legend: { show: false },
      scales: { y: { range: [worse && good ? -108 : -8, 145] } },
      axes: [{ ...axis, space: 80, incrs: SECONDS, values: clock }, { show: false, grid: { show: false }, splits: () => marks.map((mark) => mark.at) }],
      hooks: { drawAxes: [(chart) => bars(chart, marks)] },
      series: [{}, { label: worse ?? "", stroke: colour("--bad"), width: 2, dash: [6, 3], points: { show: false } }, { label: good ?? "", stroke: colour("--good"), width: 2, points: { show: false } }],
    }, data, box);
    const chart = { box, plot };
    this.charts.set(name, chart);
    this.watcher.observe(box);
    return chart;
  }

  #resize(box) {
    const chart = this.charts.get(box.dataset.metric);
    if (chart && box.clientWidth > 0 && box.clientWidth !== chart.plot.width) chart.plot.setSize({ width: box.clientWidth, height: HEIGHT });
  }

  #forget() {
    for (const { box, plot } of this.charts.values()) {
      this.watcher.unobserve(box);
      plot.destroy();
    }
    this.charts.clear();
  }
}

/** Draw the thresholds and the middle where nothing is known, each with its name on it. */
function bars(chart, marks) {
  const { ctx, bbox } = chart;
  ctx.save();
  ctx.font = `${12 * devicePixelRatio}px system-ui, "DejaVu Sans", sans-serif`;
  ctx.textAlign = "left";
  ctx.textBaseline = "bottom";
  ctx.lineWidth = 1;
  for (const { at, words, kind } of marks) {
    const y = Math.round(chart.valToPos(at, "y", true)) + 0.5;
    ctx.strokeStyle = ctx.fillStyle = colour(kind);
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    ctx.fillText(words, bbox.left, y - 2);
  }
  ctx.restore();
}
