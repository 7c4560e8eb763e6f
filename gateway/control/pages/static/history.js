// The page of one revision: go back to it, unless something was changed since the page said what that would do.
import { Refused, act, api } from "./app.js";

const form = document.getElementById("go-back");
form?.addEventListener("submit", (event) => {
  event.preventDefault();
  act(document.getElementById("go"), async () => {
    const body = { to: Number(form.dataset.revision), reason: document.getElementById("reason").value.trim() };
    let found;
    try {
      found = await api("POST", "/api/v1/rollback", body, { etag: `"${form.dataset.live}"` });
    } catch (error) {
      if (error.status !== 412) throw error;
      throw new Refused(412, `Something was changed meanwhile, so nothing was done. Load this page again: it then says what going back would change now. (${error.message})`);
    }
    location.assign(`/history#r${found.body.revision}`);
    return `Revision ${found.body.revision} is live.`;
  });
});
