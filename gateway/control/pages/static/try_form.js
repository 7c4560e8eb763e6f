// What both forms of a model share: reading the fields, asking once at a time, and where answers are shown.
// The data plane serves it before try_public.js in one file, so it imports nothing.

export const form = document.getElementById("try");
export const answers = document.getElementById("answers");

export function element(tag, text, kind) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (kind) made.className = kind;
  return made;
}

/** What was chosen or typed in a field, as a number, a flag or text. */
export function valueOf(field) {
  const { kind } = field.dataset;
  return kind === "number" ? Number(field.value) : kind === "flag" ? field.value === "true" : field.value;
}

/** An answer, or what came instead of one. */
export function article(kind, title, ...rest) {
  const made = element("article", undefined, kind);
  made.append(element("h3", title), ...rest);
  return made;
}

/** Names and values of outputs; `number` words those that are numbers. */
export function listed(pairs, number) {
  const list = element("dl");
  for (const [name, value] of pairs) {
    const text = typeof value === "number" ? number(value) : typeof value === "string" ? value : JSON.stringify(value);
    list.append(element("dt", name), element("dd", text));
  }
  return list;
}

/** Show what `ask` returns whenever the form is sent; where it throws, why, below the title `failed`. */
export function asks(failed, ask) {
  const button = form.querySelector("button[type=submit]");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    try {
      answers.replaceChildren(...await ask());
    } catch (error) {
      answers.replaceChildren(article("answer failed", failed, element("p", error.message)));
    } finally {
      button.disabled = false;
      answers.scrollIntoView({ block: "nearest" });
    }
  });
  form.addEventListener("reset", () => answers.replaceChildren(element("p", "Nothing asked yet.", "empty")));
  button.disabled = false; // until here a click would have sent the form as a page
}
