// The client: what an app calls. `exchange.ts` sends one request, `repeats.ts` says when again, `session.ts` has the tokens.
import type { AnyDocument, Given, Variables, YousoonDocument } from "./document.js";
import { failed, type Result, type YousoonError } from "./errors.js";
import { Http, type Answer } from "./exchange.js";
import { withKey } from "./keys.js";
import type { LiveConnection, LiveTransport, Observer } from "./live/transport.js";
import { pauseMs } from "./repeats.js";
import { Session, type RefreshDocument, type Tokens, type TokenStore } from "./session.js";
import { Tabs, type Locks } from "./tabs.js";

export interface YousoonOptions {
  /** The address of GraphQL, such as `https://api.example/graphql`. */
  readonly url: string;
  /** The published mutation that exchanges refresh tokens: `RefreshToken`, `StaffRefreshToken`, `OperatorRefreshToken`. */
  readonly refresh: RefreshDocument;
  /** Where the tokens are kept; without it, until the page is left. */
  readonly tokens?: TokenStore;
  /** Called in every tab when the session is over. */
  readonly onSignedOut?: () => void;
  /** `eventStreams()` or `webSocket()` of `@yousoon/client/live`, for `subscribe`. */
  readonly live?: LiveTransport;
  /** Name and version of the app, by which the server counts who uses which document. */
  readonly app?: { readonly name: string; readonly version: string };
  /** The language of messages for the user. */
  readonly language?: () => string;
  /** Further headers, such as `yousoon-partner`. */
  readonly headers?: () => Readonly<Record<string, string>>;
  readonly fetch?: typeof fetch;
  /** How long one request may take; 15 s. */
  readonly timeoutMs?: number;
  /** For how long what failed is sent again; 30 s. */
  readonly patienceMs?: number;
  /** Instead of `navigator.locks`; null to do without. */
  readonly locks?: Locks | null;
}

export interface CallOptions {
  readonly signal?: AbortSignal;
}

export interface YousoonClient {
  query<TData, TVariables>(document: YousoonDocument<TData, TVariables, "query">, ...rest: Given<TVariables, CallOptions>): Promise<Result<TData>>;
  mutate<TData, TVariables>(document: YousoonDocument<TData, TVariables, "mutation">, ...rest: Given<TVariables, CallOptions>): Promise<Result<TData>>;
  /** Returns the function that ends the subscription. */
  subscribe<TData, TVariables>(document: YousoonDocument<TData, TVariables, "subscription">, variables: TVariables, observer: Observer<TData>): () => void;
  /** Sends a query or a mutation whose types are not known, for adapters. */
  send(document: AnyDocument, variables: Variables, options?: CallOptions): Promise<Result<unknown>>;
  /** Subscribes with a document whose types are not known, for adapters. */
  follow(document: AnyDocument, variables: Variables, observer: Observer<unknown>): () => void;
  /** Keeps the tokens that `login`, `register` or another mutation answered with. */
  signIn(tokens: Tokens): Promise<void>;
  /** Forgets the tokens, in all tabs; the app sends `Logout` before. */
  signOut(): Promise<void>;
  /** Ends all subscriptions. */
  close(): void;
}

/** How often one request may meet a refused token: its own, and once more if it waited long. */
const RENEWALS = 3;

export function createYousoonClient(options: YousoonOptions): YousoonClient {
  return new Client(options);
}

class Client implements YousoonClient {
  readonly #options: YousoonOptions;
  readonly #http: Http;
  readonly #tabs: Tabs;
  readonly #session: Session;
  #live: LiveConnection | undefined;

  constructor(options: YousoonOptions) {
    const { url, app, language, headers, locks } = options;
    this.#options = options;
    const named: Record<string, string> = app ? { "graphql-client-name": app.name, "graphql-client-version": app.version } : {};
    const further = () => ({ ...named, ...(language && { "accept-language": language() }), ...headers?.() });
    const fetcher = options.fetch ?? globalThis.fetch.bind(globalThis);
    this.#http = new Http({ url, fetch: fetcher, headers: further, timeoutMs: options.timeoutMs ?? 15_000 });
    const signedOut = () => options.onSignedOut?.();
    this.#tabs = new Tabs(`yousoon:${url}`, (news) => {
      if ("revision" in news) this.#http.revision = Math.max(this.#http.revision, news.revision);
      else signedOut();
    }, locks);
    this.#http.onRevision = (revision) => this.#tabs.tell({ revision });
    const exchange = (token: string) => this.#deliver(options.refresh, { token }, null) as Promise<Result<{ refreshToken: Tokens }>>;
    this.#session = new Session(options.tokens ?? inMemory(), exchange, this.#tabs, signedOut);
  }

  query<TData, TVariables>(document: YousoonDocument<TData, TVariables, "query">, ...[variables, call]: Given<TVariables, CallOptions>) {
    return this.send(document, (variables ?? {}) as Variables, call) as Promise<Result<TData>>;
  }

  mutate<TData, TVariables>(document: YousoonDocument<TData, TVariables, "mutation">, ...[variables, call]: Given<TVariables, CallOptions>) {
    return this.send(document, (variables ?? {}) as Variables, call) as Promise<Result<TData>>;
  }

  subscribe<TData, TVariables>(document: YousoonDocument<TData, TVariables, "subscription">, variables: TVariables, observer: Observer<TData>) {
    return this.follow(document, variables as Variables, observer as Observer<unknown>);
  }

  async send(document: AnyDocument, variables: Variables, call: CallOptions = {}): Promise<Result<unknown>> {
    const keyed = withKey(document, variables);
    for (let renewals = 0; ; renewals += 1) {
      // A shared answer is for everybody; a token would only make it slower.
      const token = document.shared ? null : await this.#session.access();
      const result = await this.#deliver(document, keyed, token, call.signal);
      if (!isTokenRefused(result.error) || token === null || renewals === RENEWALS) return result;
      const error = await this.#session.renew(token);
      if (error?.code === "REFRESH_TOKEN_INVALID") return { data: null, error: failed("SIGNED_OUT", error.message, { all: error.all }) };
      if (error) return { data: null, error };
    }
  }

  /** Sends a request until there is an answer that stays, or no repeat is allowed. */
  async #deliver(document: AnyDocument, variables: Variables, token: string | null, signal?: AbortSignal): Promise<Result<unknown>> {
    const began = Date.now();
    let isUnclear = false;
    for (let sent = 1; ; sent += 1) {
      const answer = await this.#http.ask(document, variables, token, signal);
      isUnclear ||= answer.isUnclear;
      const pause = pauseMs(document, answer, sent, Date.now() - began, this.#options.patienceMs ?? 30_000);
      if (pause === null) return resultOf(answer, document.operation === "mutation" && isUnclear);
      if (!(await slept(pause, signal))) return { data: null, error: failed("ABORTED", "aborted", { mayHaveHappened: isUnclear }) };
    }
  }

  follow(document: AnyDocument, variables: Variables, observer: Observer<unknown>): () => void {
    const { live, url, fetch: fetcher, headers } = this.#options;
    if (!live) throw new Error("give createYousoonClient `live`: eventStreams() or webSocket() of @yousoon/client/live");
    const session = this.#session;
    this.#live ??= live({
      url,
      fetch: fetcher ?? globalThis.fetch.bind(globalThis),
      headers: () => headers?.() ?? {},
      access: () => session.access(),
      renew: (refused) => session.renew(refused),
    });
    return this.#live.follow(document, variables, observer);
  }

  signIn(tokens: Tokens): Promise<void> {
    return this.#session.begin(tokens);
  }

  signOut(): Promise<void> {
    return this.#session.end();
  }

  close(): void {
    this.#live?.close();
    this.#live = undefined;
    this.#tabs.close();
  }
}

/** Of a document that is partly private, the public part comes all the same. */
function isTokenRefused(error: YousoonError | undefined): boolean {
  const codes = error?.all.map(({ extensions }) => extensions?.code) ?? [];
  return codes.includes("TOKEN_EXPIRED") || codes.includes("TOKEN_INVALID");
}

function resultOf({ data, error }: Answer, mayHaveHappened: boolean): Result<unknown> {
  if (!error) return { data };
  return { data, error: mayHaveHappened && data === null ? Object.assign(error, { mayHaveHappened }) : error };
}

/** Waits; false if the caller gave up meanwhile. */
function slept(ms: number, signal?: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve(false);
    const stop = () => (clearTimeout(timer), resolve(false));
    const timer = setTimeout(() => (signal?.removeEventListener("abort", stop), resolve(true)), ms);
    signal?.addEventListener("abort", stop, { once: true });
  });
}

function inMemory(): TokenStore {
  let kept: Tokens | null = null;
  return { load: () => kept, save: (tokens) => void (kept = tokens) };
}
