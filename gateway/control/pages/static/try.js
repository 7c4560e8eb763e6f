// Sends the form's inputs as a real request, and shows which version answered and why.
import { api, number } from "./app.js";

const form = document.getElementById("try");
const answers = document.getElementById("answers");
const button = form.querySelector("button[type=submit]");

function element(tag, text, kind) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (kind) made.className = kind;
  return made;
}

/** The inputs as the API wants them; throws where they are no JSON object. */
function inputs() {
  const written = document.getElementById("inputs");
  if (written) {
    const found = JSON.parse(written.value);
    if (typeof found !== "object" || found === null || Array.isArray(found)) throw new Error("write a JSON object, such as {\"age\": 41}");
    return found;
  }
  const found = {};
  for (const field of form.querySelectorAll("[data-name]")) {
    const kind = field.dataset.kind;
    found[field.dataset.name] = kind === "number" ? Number(field.value) : kind === "flag" ? field.value === "true" : field.value;
  }
  return found;
}

function shown(value) {
  if (typeof value === "number") return number(value, 4);
  return typeof value === "string" ? value : JSON.stringify(value);
}

function card(answer) {
  const made = element("article", undefined, answer.error ? "answer failed" : "answer");
  made.append(element("h3", answer.version || "No version answered"));
  if (answer.error) {
    made.append(element("p", `${answer.status}: ${answer.error}`));
  } else {
    const list = element("dl");
    for (const one of answer.outputs) list.append(element("dt", one.name), element("dd", shown(one.value)));
    made.append(list);
  }
  if (answer.why) made.append(element("p", answer.why.told));
  const told = element("p", `${number(answer.milliseconds)} ms`, "faint");
  if (answer.request_id) {
    const link = element("a", "this request in the log");
    link.href = `/requests/${encodeURIComponent(answer.request_id)}`;
    told.append(" · ", link);
  }
  made.append(told);
  return made;
}

function left(one) {
  const made = element("article", undefined, "answer failed");
  made.append(element("h3", one.version), element("p", one.why));
  return made;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  button.disabled = true;
  try {
    const version = document.getElementById("version").value;
    const user = document.getElementById("user");
    const body = { inputs: inputs(), all: version === "*" };
    if (version && version !== "*") body.version = version;
    if (user && user.value.trim()) body.user = user.value.trim();
    const { body: found } = await api("POST", `/api/v1/routes/${encodeURIComponent(form.dataset.route)}/try`, body);
    answers.replaceChildren(...found.answers.map(card), ...found.not_tried.map(left));
  } catch (error) {
    const made = element("article", undefined, "answer failed");
    made.append(element("h3", "Not sent"), element("p", error.message));
    answers.replaceChildren(made);
  } finally {
    button.disabled = false;
    answers.scrollIntoView({ block: "nearest" });
  }
});
form.addEventListener("reset", () => answers.replaceChildren(element("p", "Nothing asked yet.", "empty")));
