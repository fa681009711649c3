// The tokens of the signed-in user, and their one refresh for all requests and tabs that wait for it.
import type { YousoonDocument } from "./document.js";
import type { Result, YousoonError } from "./errors.js";
import type { Tabs } from "./tabs.js";

export interface Tokens {
  readonly accessToken: string;
  readonly refreshToken: string;
}

/** Where the app keeps the tokens. All tabs must see what one of them saved. */
export interface TokenStore {
  load(): Tokens | null | Promise<Tokens | null>;
  save(tokens: Tokens | null): void | Promise<void>;
}

/** The published mutation that exchanges a refresh token, such as `RefreshToken`. */
export type RefreshDocument = YousoonDocument<{ refreshToken: Tokens }, { token: string }, "mutation">;

/** Sends the refresh mutation, without an access token. */
export type Exchange = (refreshToken: string) => Promise<Result<{ refreshToken: Tokens }>>;

export class Session {
  readonly #store: TokenStore;
  readonly #exchange: Exchange;
  readonly #tabs: Tabs;
  readonly #ended: () => void;
  #running: Promise<YousoonError | null> | undefined;

  constructor(store: TokenStore, exchange: Exchange, tabs: Tabs, ended: () => void) {
    this.#store = store;
    this.#exchange = exchange;
    this.#tabs = tabs;
    this.#ended = ended;
  }

  /** The access token; waits for a refresh that is under way. */
  async access(): Promise<string | null> {
    await this.#running;
    return (await this.#store.load())?.accessToken ?? null;
  }

  /** Gets tokens that are newer than the one that was refused; null, or why there are none. */
  renew(refused: string): Promise<YousoonError | null> {
    this.#running ??= this.#tabs
      .exclusively(() => this.#renewed(refused))
      .finally(() => (this.#running = undefined));
    return this.#running;
  }

  async #renewed(refused: string): Promise<YousoonError | null> {
    const before = await this.#store.load();
    // Somebody signed out, or another request or tab has refreshed.
    if (before?.accessToken !== refused) return null;
    const { data, error } = await this.#exchange(before.refreshToken);
    const now = await this.#store.load();
    // Without locks, another tab may have gone further meanwhile: its tokens count.
    if (now?.refreshToken !== before.refreshToken) return null;
    if (data && !error) {
      const { accessToken, refreshToken } = data.refreshToken;
      await this.#store.save({ accessToken, refreshToken });
      return null;
    }
    if (error?.code === "REFRESH_TOKEN_INVALID") await this.end();
    return error ?? null;
  }

  async begin(tokens: Tokens): Promise<void> {
    await this.#store.save({ accessToken: tokens.accessToken, refreshToken: tokens.refreshToken });
  }

  /** Forgets the tokens, here and in all tabs. */
  async end(): Promise<void> {
    await this.#store.save(null);
    this.#tabs.tell({ signedOut: true });
    this.#ended();
  }
}
