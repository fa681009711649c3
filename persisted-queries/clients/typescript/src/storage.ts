// Tokens in the browser's storage, which all tabs of a site share.
import type { Tokens, TokenStore } from "./session.js";

/** Keeps tokens in `localStorage`. Scripts of the page can read them: a site needs a strict CSP. */
export function browserTokens(name = "yousoon:tokens", storage: Storage = localStorage): TokenStore {
  return {
    load() {
      const text = storage.getItem(name);
      return text === null ? null : (JSON.parse(text) as Tokens);
    },
    save(tokens) {
      if (tokens) storage.setItem(name, JSON.stringify(tokens));
      else storage.removeItem(name);
    },
  };
}
