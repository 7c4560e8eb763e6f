// What every page needs: calls of the admin API, live events, words for the person in front of it.

const told = document.getElementById("told");

/** Tell the person something; `kind` "bad" stays until it is clicked, the rest goes by itself. */
export function tell(text, kind = "good") {
  const line = document.createElement("p");
  line.textContent = text;
  line.className = kind;
  line.addEventListener("click", () => line.remove());
  told.append(line);
  if (kind !== "bad") setTimeout(() => line.remove(), 6000);
  while (told.children.length > 4) told.firstElementChild.remove();
}

/** A refusal of the admin API: `status`, and `message` as the API says it. */
export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** Call the admin API with JSON; returns {body, etag}. Throws Refused, with what the API says. */
export async function api(method, path, body, { etag } = {}) {
  const headers = { accept: "application/json" };
  if (body !== undefined) headers["content-type"] = "application/json";
  if (etag) headers["if-match"] = etag;
  let answer;
  try {
    answer = await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch {
    throw new Refused(0, "the gateway's admin side does not answer; nothing is known to have changed");
  }
  const found = (answer.headers.get("content-type") || "").includes("json") ? await answer.json() : {};
  if (answer.status === 401) ended();
  if (!answer.ok) throw new Refused(answer.status, found.detail || `${answer.status} ${answer.statusText}`);
  return { body: found, etag: answer.headers.get("etag") || "" };
}

const SILENCE = 5000;
const AGAIN = 2000;

/** Say that what the page shows is old, and since when; or that it is of this moment again. */
export function connected(isThere) {
  const notice = document.getElementById("connection");
  if (notice.dataset.ended || isThere === notice.hidden) return;
  notice.hidden = isThere;
  notice.textContent = isThere ? "" : `Connection lost: what stands here is of ${new Date().toISOString().slice(11, 19)} UTC, and old. Trying again…`;
  document.body.dataset.connection = isThere ? "here" : "lost";
}

/** Say that the session has ended, with the way on; nothing here is shown anew after that. */
function ended(why = "Your session has ended, so what stands here is old: ", words = "log in", href = "/login") {
  connected(false);
  const notice = document.getElementById("connection");
  notice.dataset.ended = "yes";
  notice.replaceChildren(why, Object.assign(document.createElement("a"), { href, textContent: words }));
}

/** Ask once why nothing comes; where it is that the session has ended, say so and return true. */
export async function hasEnded() {
  try {
    const answer = await fetch(location.href, { method: "HEAD", redirect: "manual" });
    if (answer.status !== 401 && answer.type !== "opaqueredirect") return false;
  } catch {
    return false; // nobody answers yet
  }
  ended();
  return true;
}

/**
 * Follow server-sent events: `handlers` by event name, each given the event's JSON. Connects again by itself,
 * also after an answer that was no stream and after a silence, but not once the session has ended.
 * Returns {close()}.
 */
export function live(path, handlers) {
  let source = null, heard = Date.now(), isOver = false;
  const open = () => {
    source?.close();
    heard = Date.now();
    source = new EventSource(path);
    for (const [name, handle] of Object.entries(handlers)) {
      source.addEventListener(name, (event) => {
        heard = Date.now();
        connected(true);
        handle(JSON.parse(event.data));
      });
    }
    source.addEventListener("hello", ({ data }) => {
      if (JSON.parse(data).who === document.body.dataset.who) return;
      close(); // an admin side that asks nobody goes on with whoever is there
      ended("Your session has ended. Nobody is asked on this machine, so the page goes on without one: ", "load it again", location.href);
    });
    source.addEventListener("error", failed);
  };
  const failed = async () => {
    connected(false);
    if (await hasEnded()) close();
  };
  const watch = setInterval(async () => {
    const isClosed = source.readyState === EventSource.CLOSED;
    if (!isClosed && Date.now() - heard < SILENCE) return;
    heard = Date.now();
    await failed();
    if (!isOver) open();
  }, AGAIN);
  const close = () => {
    isOver = true;
    clearInterval(watch);
    source.close();
  };
  window.addEventListener("pagehide", close);
  window.addEventListener("pageshow", (event) => event.persisted && location.reload());
  open();
  return { close };
}

/** A number as people read it: 12,345 or 0.0123. */
export function number(value, digits = 3) {
  if (value === null || value === undefined) return "–";
  return value.toLocaleString("en-GB", { maximumSignificantDigits: Math.max(digits, String(Math.trunc(Math.abs(value))).length) });
}

/** Do what a button says, once at a time, and tell how it went. */
export async function act(button, work) {
  button.disabled = true;
  try {
    tell(await work());
  } catch (error) {
    tell(error.message, "bad");
  } finally {
    button.disabled = false;
  }
}
