// The form that the data plane shows to anybody: asks the route itself, and shows what it answers.
// It follows try_form.js in one file, whose functions it uses (gateway/control/tries/public.py).

function tensor(name, datatype, value) {
  return { name, datatype, shape: [1], data: [value] };
}

function inputs() {
  const written = document.getElementById("inputs");
  if (written) {
    const kinds = (value) => typeof value === "boolean" ? "BOOL" : typeof value !== "number" ? "BYTES" : Number.isInteger(value) ? "INT64" : "FP64";
    return Object.entries(JSON.parse(written.value)).map(([name, value]) => tensor(name, kinds(value), value));
  }
  return [...form.querySelectorAll("[data-name]")].map((field) => tensor(field.dataset.name, field.dataset.datatype, valueOf(field)));
}

function rounded(value) {
  return value.toLocaleString("en-GB", { maximumSignificantDigits: 4 });
}

asks("No answer", async () => {
  const headers = { "content-type": "application/json" };
  if (form.dataset.header) headers[form.dataset.header] = document.getElementById("key").value.trim();
  const answer = await fetch(form.dataset.target, { method: "POST", headers, body: JSON.stringify({ inputs: inputs() }) });
  const found = await answer.json();
  if (!answer.ok) throw new Error(found.error || found.detail || `${answer.status} ${answer.statusText}`);
  const list = listed(found.outputs.map((one) => [one.name, one.data.length === 1 ? one.data[0] : one.data]), rounded);
  const version = answer.headers.get("x-model-version") || "";
  const id = answer.headers.get("x-request-id") || "";
  return [article("answer", version ? `Version ${version}` : "Answer", list, element("p", id ? `Request ${id}` : "", "faint"))];
});
