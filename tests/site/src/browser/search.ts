// Suggestions while somebody types in the header's search. They are shared answers: no token is sent.
import { createYousoonClient } from "@yousoon/client";
import * as site from "../../generated/site.js";
import * as guest from "../../generated/guest.js";

const PAUSE_MS = 150;
const input = document.querySelector<HTMLInputElement>("#q");
const list = document.querySelector("#suggestions");
const client = createYousoonClient({ url: document.body.dataset["graphql"] ?? "", refresh: guest.RefreshToken, app: { name: "site", version: "1.0.0" }, patienceMs: 0 });

let timer: ReturnType<typeof setTimeout> | undefined;
let last: AbortController | undefined;

input?.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(() => void suggest(input.value.trim()), PAUSE_MS);
});

async function suggest(text: string): Promise<void> {
  last?.abort();
  if (text.length < 2) return list?.replaceChildren();
  last = new AbortController();
  const { data } = await client.query(site.SiteSuggestions, { text, near: null, first: 8 }, { signal: last.signal });
  if (!data || input?.value.trim() !== text) return;
  const options = data.searchSuggestions.map((one) => {
    const option = document.createElement("option");
    option.value = one.text;
    return option;
  });
  list?.replaceChildren(...options);
}
