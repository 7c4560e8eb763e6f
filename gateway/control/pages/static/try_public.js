// The form that the data plane shows to anybody: asks the route itself, and shows what it answers.
const form = document.getElementById("try");
const answers = document.getElementById("answers");
const button = form.querySelector("button[type=submit]");

function element(tag, text, kind) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (kind) made.className = kind;
  return made;
}

function show(kind, title, ...rest) {
  const made = element("article", undefined, kind);
  made.append(element("h3", title), ...rest);
  answers.replaceChildren(made);
}

function tensor(name, datatype, value) {
  return { name, datatype, shape: [1], data: [value] };
}

function inputs() {
  const written = document.getElementById("inputs");
  if (written) {
    const kinds = (value) => typeof value === "boolean" ? "BOOL" : typeof value !== "number" ? "BYTES" : Number.isInteger(value) ? "INT64" : "FP64";
    return Object.entries(JSON.parse(written.value)).map(([name, value]) => tensor(name, kinds(value), value));
  }
  return [...form.querySelectorAll("[data-name]")].map((field) => {
    const { name, datatype, kind } = field.dataset;
    return tensor(name, datatype, kind === "number" ? Number(field.value) : kind === "flag" ? field.value === "true" : field.value);
  });
}

function shown(value) {
  if (typeof value === "number") return value.toLocaleString("en-GB", { maximumSignificantDigits: 4 });
  return typeof value === "string" ? value : JSON.stringify(value);
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  button.disabled = true;
  try {
    const headers = { "content-type": "application/json" };
    if (form.dataset.header) headers[form.dataset.header] = document.getElementById("key").value.trim();
    const answer = await fetch(form.dataset.target, { method: "POST", headers, body: JSON.stringify({ inputs: inputs() }) });
    const found = await answer.json();
    if (!answer.ok) throw new Error(found.error || found.detail || `${answer.status} ${answer.statusText}`);
    const list = element("dl");
    for (const one of found.outputs) list.append(element("dt", one.name), element("dd", shown(one.data.length === 1 ? one.data[0] : one.data)));
    const version = answer.headers.get("x-model-version") || "";
    const id = answer.headers.get("x-request-id") || "";
    show("answer", version ? `Version ${version}` : "Answer", list, element("p", id ? `Request ${id}` : "", "faint"));
  } catch (error) {
    show("answer failed", "No answer", element("p", error.message));
  } finally {
    button.disabled = false;
    answers.scrollIntoView({ block: "nearest" });
  }
});
form.addEventListener("reset", () => answers.replaceChildren(element("p", "Nothing asked yet.", "empty")));
