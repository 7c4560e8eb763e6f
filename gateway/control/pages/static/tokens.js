// Makes and revokes tokens. A new one is shown once, and forgotten by the page when that is done.
import { act, api, tell } from "./app.js";

const PATH = "/api/v1/tokens";
const list = document.getElementById("list");
const form = document.getElementById("new");
const made = document.getElementById("made");
const text = document.getElementById("text");
const sure = document.getElementById("sure");

/** Show the list as it is now; the server draws it. */
async function refresh() {
  const answer = await fetch("/tokens");
  if (!answer.ok) throw new Error("the list could not be read again; reload the page");
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const found = page.getElementById("list");
  if (!found) throw new Error("the session has ended; log in again");
  list.replaceChildren(...found.childNodes);
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  act(form.querySelector("button"), async () => {
    const given = new FormData(form);
    const routes = given.getAll("route");
    const seconds = given.get("seconds");
    const { body } = await api("POST", PATH, {
      name: given.get("name"),
      role: given.get("role"),
      routes: routes.length ? routes : null,
      seconds: seconds ? Number(seconds) : null,
    });
    text.value = body.token;
    made.hidden = false;
    text.focus();
    text.select();
    form.reset();
    await refresh();
    return `${body.name} is made; copy it now, nobody can show it again`;
  });
});

document.getElementById("copy").addEventListener("click", async () => {
  text.select();
  try {
    await navigator.clipboard.writeText(text.value);
    tell("copied");
  } catch {
    tell("the browser does not let a page copy here; it is selected: press Ctrl+C", "bad");
  }
});

document.getElementById("done").addEventListener("click", () => {
  text.value = "";
  made.hidden = true;
  form.elements.name.focus();
});

// An answer may come from the back-forward cache, which must not bring a token back.
window.addEventListener("pagehide", () => { text.value = ""; made.hidden = true; });

list.addEventListener("click", (event) => {
  const button = event.target.closest("button.revoke");
  if (!button) return;
  document.getElementById("sure-name").textContent = button.dataset.name;
  const { id, person } = button.dataset;
  document.getElementById("sure-token").hidden = Boolean(person);
  document.getElementById("sure-person").hidden = !person;
  sure.returnValue = "";
  sure.onclose = () => {
    if (sure.returnValue !== "revoke") return;
    act(button, async () => {
      const { body } = person
        ? await api("POST", "/api/v1/people/revoke", { person })
        : await api("DELETE", `${PATH}/${encodeURIComponent(id)}`);
      await refresh();
      const others = body.also_revoked.map((one) => one.name);
      if (person) return `${person}: ${body.sessions} sessions and ${others.length} tokens ended`;
      if (!others.length) return `${body.name} is revoked`;
      return `${body.name} is revoked, and ${others.length} made with it: ${others.join(", ")}`;
    });
  };
  sure.showModal();
});
