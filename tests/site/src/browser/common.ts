// What the browser's programs share: the client of one person, and how to show things.
import { browserTokens, createYousoonClient, type RefreshDocument, type YousoonClient, type YousoonError } from "@yousoon/client";
import { eventStreams } from "@yousoon/client/live";
import { pathIn, sayIn, type Language, type Say } from "../texts.js";

export const language: Language = document.body.dataset["language"] === "en" ? "en" : "fr";
export const say: Say = sayIn(language);
export const link = (path: string): string => pathIn(language, path);

/** The client of who is signed in. Guests and venues sign in apart: `kept` is where the tokens are. */
export function clientOf(kept: string, name: string, refresh: RefreshDocument): YousoonClient {
  return createYousoonClient({
    url: document.body.dataset["graphql"] ?? "",
    refresh,
    app: { name, version: "1.0.0" },
    tokens: browserTokens(kept),
    language: () => language,
    live: eventStreams(),
    onSignedOut: () => location.assign(link(`/sign-in?next=${encodeURIComponent(location.pathname)}`)),
  });
}

export const isSignedIn = (kept: string): boolean => localStorage.getItem(kept) !== null;

/** The element that this page's program fills. */
export const place = (page: string): HTMLElement | null => document.querySelector<HTMLElement>(`[data-page="${page}"]`);

type Child = Node | string | null | undefined | false;
type Properties = Readonly<Record<string, string | number | boolean | EventListener | undefined>>;

/** An element. Text is never taken for HTML. */
export function element<K extends keyof HTMLElementTagNameMap>(name: K, properties: Properties = {}, ...children: readonly Child[]): HTMLElementTagNameMap[K] {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (typeof value === "function") made.addEventListener(key, value);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== undefined && value !== false) made.setAttribute(key, String(value));
  }
  made.append(...children.filter((child): child is Node | string => Boolean(child)));
  return made;
}

export function show(where: Element, ...children: readonly Child[]): void {
  where.replaceChildren(...children.filter((child): child is Node | string => Boolean(child)));
}

export const failure = (error: YousoonError): HTMLElement => element("p", { role: "alert", class: "failure" }, `${say("failed")} ${error.fields[0]?.message ?? error.message}`);

/** A form of labelled inputs; while it is sent its button is disabled. */
export function form(fields: readonly (readonly [name: string, label: string, properties: Properties])[], button: string, send: (values: Record<string, string>) => Promise<YousoonError | undefined>): HTMLFormElement {
  const rows = fields.map(([name, label, properties]) => element("label", {}, label, " ", element("input", { name, required: true, ...properties })));
  const submit = element("button", {}, button);
  const outcome = element("div");
  const made = element("form", { class: "stack" }, ...rows, submit, outcome);
  made.addEventListener("submit", (event) => {
    event.preventDefault();
    submit.disabled = true;
    const values = Object.fromEntries([...new FormData(made)].map(([name, value]) => [name, String(value)]));
    void send(values).then((error) => {
      submit.disabled = false;
      show(outcome, error && failure(error));
    });
  });
  return made;
}

/** A button that does one thing, once at a time. */
export function button(label: string, act: () => Promise<void>, properties: Properties = {}): HTMLButtonElement {
  const made = element("button", { type: "button", ...properties }, label);
  made.addEventListener("click", () => {
    made.disabled = true;
    void act().finally(() => (made.disabled = false));
  });
  return made;
}
