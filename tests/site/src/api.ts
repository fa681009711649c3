// What the server asks the edge, and what the edge's caches answered: `Server-Timing` shows it.
import { AsyncLocalStorage } from "node:async_hooks";
import { createYousoonClient, type Code, type Result, type YousoonClient, type YousoonDocument } from "@yousoon/client";
import * as guest from "../generated/guest.js";

/** One request to the edge while a page was made. */
export interface Asked {
  readonly name: string;
  /** The edge's `Cache-Status` (RFC 9211). */
  readonly cache: string;
  readonly ms: number;
}

const asked = new AsyncLocalStorage<Asked[]>();
const named = new AsyncLocalStorage<string>();

/** Why a page cannot be made. */
export class NoPage extends Error {
  readonly status: 400 | 404 | 503;

  constructor(status: 400 | 404 | 503, message: string) {
    super(message);
    this.status = status;
  }
}

/** Codes that say that the address of the page is wrong, not the service. */
const WRONG_ADDRESS: ReadonlySet<Code> = new Set<Code>(["BAD_USER_INPUT", "CURSOR_INVALID", "LOCATION_OUT_OF_RANGE", "VARIABLE_INVALID"]);

export class Api {
  readonly #client: YousoonClient;

  constructor(url: string) {
    this.#client = createYousoonClient({
      url,
      refresh: guest.RefreshToken,
      app: { name: "site", version: "1.0.0" },
      fetch: recorded,
      // A reader waits no longer for a page.
      timeoutMs: 4_000,
      patienceMs: 4_000,
    });
  }

  /** The answer; a failure is a page of its own. */
  async read<TData, TVariables>(document: YousoonDocument<TData, TVariables, "query">, variables: TVariables): Promise<TData> {
    const { data, error } = await this.#asked(document, variables);
    if (!error) return data;
    if (WRONG_ADDRESS.has(error.code)) throw new NoPage(400, error.message);
    if (error.code === "NOT_FOUND") throw new NoPage(404, error.message);
    throw new NoPage(503, `${document.name}: ${error.code}: ${error.message}`);
  }

  /** What a page does without: null if it cannot be had. */
  async readIfPossible<TData, TVariables>(document: YousoonDocument<TData, TVariables, "query">, variables: TVariables): Promise<TData | null> {
    const { data, error } = await this.#asked(document, variables);
    if (error) console.error(`${document.name}: ${error.code}: ${error.message}`);
    return data;
  }

  #asked<TData, TVariables>(document: YousoonDocument<TData, TVariables, "query">, variables: TVariables): Promise<Result<TData>> {
    return named.run(document.name, () => this.#client.send(document, variables as never)) as Promise<Result<TData>>;
  }
}

/** Runs `make`, and returns what it asked the edge meanwhile. */
export async function recording<T>(make: () => Promise<T>): Promise<readonly [T, readonly Asked[]]> {
  const requests: Asked[] = [];
  return [await asked.run(requests, make), requests];
}

const recorded: typeof fetch = async (input, init) => {
  const began = performance.now();
  const response = await fetch(input, init);
  const cache = response.headers.get("cache-status") ?? "";
  asked.getStore()?.push({ name: named.getStore() ?? "", cache, ms: performance.now() - began });
  return response;
};
