// From a user's own key to the pseudonym that the log has: the key goes in a body, only the pseudonym into a URL.

import { api, tell } from "./app.js";

const at = (id) => document.getElementById(id);
const [user, raw] = ["user", "raw"].map(at);

user.hidden = false;
user.addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    const { body } = await api("POST", "/api/v1/pseudonym", { key: raw.value });
    raw.value = ""; // or it would be there again after the way back
    at("key").value = body.pseudonym;
    at("search").requestSubmit();
  } catch (error) {
    tell(error.message, "bad");
  }
});
