// Sends the form's inputs as a real request, and shows which version answered and why.
import { api, number } from "./app.js";
import { article, asks, element, form, listed, valueOf } from "./try_form.js";

/** The inputs as the API wants them; throws where they are no JSON object. */
function inputs() {
  const written = document.getElementById("inputs");
  if (written) {
    const found = JSON.parse(written.value);
    if (typeof found !== "object" || found === null || Array.isArray(found)) throw new Error("write a JSON object, such as {\"age\": 41}");
    return found;
  }
  const found = {};
  for (const field of form.querySelectorAll("[data-name]")) found[field.dataset.name] = valueOf(field);
  return found;
}

function card(answer) {
  const made = article(answer.error ? "answer failed" : "answer", answer.version || "No version answered");
  if (answer.error) {
    made.append(element("p", `${answer.status}: ${answer.error}`));
  } else {
    made.append(listed(answer.outputs.map((one) => [one.name, one.value]), (value) => number(value, 4)));
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
  return article("answer failed", one.version, element("p", one.why));
}

asks("Not sent", async () => {
  const version = document.getElementById("version").value;
  const user = document.getElementById("user");
  const body = { inputs: inputs(), all: version === "*" };
  if (version && version !== "*") body.version = version;
  if (user && user.value.trim()) body.user = user.value.trim();
  const { body: found } = await api("POST", `/api/v1/routes/${encodeURIComponent(form.dataset.route)}/try`, body);
  return [...found.answers.map(card), ...found.not_tried.map(left)];
});
