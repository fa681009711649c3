// A browser with two tabs: a token store that both share, locks, and a client in each tab. `without` takes one thing
// away that the client does, to see that the sessions notice.
import { createPrivateKey, sign, type JsonWebKey } from "node:crypto";
import WebSocket from "ws";
import { createYousoonClient, type Locks, type Tokens, type TokenStore, type YousoonClient } from "@yousoon/client";
import { eventStreams, webSocket } from "@yousoon/client/live/index.js";
import { RefreshToken } from "../generated/documents.js";

export type Without = "refresh" | "keys" | "revision" | "nothing";

export interface BrowserOptions {
  readonly url: string;
  readonly key: JsonWebKey;
  readonly without: Without;
  readonly hasLocks: boolean;
  readonly socket: boolean;
}

const paused = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export class Browser {
  readonly tabs: readonly [YousoonClient, YousoonClient];
  /** How often a tab was told that the session is over. */
  signedOut = 0;
  /** The refresh tokens that were exchanged; a repeat of the same one counts once. */
  readonly exchanged = new Set<string>();
  expired = 0;
  notModified = 0;
  readonly #key: JsonWebKey;
  #tokens: Tokens | null = null;

  constructor(options: BrowserOptions) {
    this.#key = options.key;
    const locks = options.hasLocks && options.without !== "refresh" ? lockManager() : null;
    this.tabs = [this.#tab(options, locks), this.#tab(options, locks)];
  }

  #tab(options: BrowserOptions, locks: Locks | null): YousoonClient {
    const open = () =>
      createYousoonClient({
        url: options.url,
        refresh: RefreshToken,
        tokens: this.#store(options.without),
        locks,
        fetch: (input, init) => this.#fetch(options.without, input, init),
        onSignedOut: () => (this.signedOut += 1),
        live: options.socket ? webSocket({ implementation: WebSocket }) : eventStreams(),
        timeoutMs: 10_000,
      });
    const client = open();
    if (options.without !== "refresh") return client;
    // Every request refreshes for itself, as if no other one did.
    const alone = (): YousoonClient => open();
    return new Proxy(client, {
      get: (_, name) => (name === "query" || name === "mutate" ? (...given: unknown[]) => called(alone(), name, given) : bound(client, name)),
    });
  }

  #store(without: Without): TokenStore {
    const atFirst = this.#tokens;
    // As slow as a phone's.
    return {
      load: async () => (await paused(1), without === "refresh" ? atFirst : this.#tokens),
      save: async (tokens) => (await paused(1), void (this.#tokens = tokens)),
    };
  }

  async #fetch(without: Without, input: Parameters<typeof fetch>[0], init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    if (without === "revision") headers.delete("yousoon-min-revision");
    if (typeof init.body === "string" && init.body.includes(RefreshToken.hash)) this.exchanged.add(init.body);
    const response = await fetch(input, { ...init, headers });
    if (response.status === 304) this.notModified += 1;
    return response;
  }

  /** Time passes: the access token is an old one now. */
  expire(): void {
    if (!this.#tokens) return;
    this.expired += 1;
    this.#tokens = { ...this.#tokens, accessToken: expiredToken(this.#tokens.accessToken, this.#key) };
  }

  close(): void {
    for (const tab of this.tabs) tab.close();
  }
}

function called(client: YousoonClient, name: "query" | "mutate", given: unknown[]): Promise<unknown> {
  const call = client[name] as (...given: unknown[]) => Promise<unknown>;
  return call.apply(client, given).finally(() => client.close());
}

function bound(client: YousoonClient, name: string | symbol): unknown {
  const value = Reflect.get(client, name) as unknown;
  return typeof value === "function" ? value.bind(client) : value;
}

/** What `navigator.locks` does. */
function lockManager(): Locks {
  const last = new Map<string, Promise<unknown>>();
  return {
    request(name, work) {
      const result = (last.get(name) ?? Promise.resolve()).then(work);
      last.set(name, result.catch(() => {}));
      return result;
    },
  };
}

/** The same token as if it had been issued an hour before. */
function expiredToken(token: string, key: JsonWebKey): string {
  const [header, payload] = token.split(".") as [string, string];
  const claims = JSON.parse(Buffer.from(payload, "base64url").toString()) as { iat: number; exp: number };
  claims.iat -= 3_600;
  claims.exp = claims.iat + 900;
  const text = `${header}.${Buffer.from(JSON.stringify(claims)).toString("base64url")}`;
  return `${text}.${sign(null, Buffer.from(text), createPrivateKey({ key, format: "jwk" })).toString("base64url")}`;
}
