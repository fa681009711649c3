// One request and its answer over HTTP.
import type { AnyDocument, Variables } from "./document.js";
import { failed, told, type ServerError, type YousoonError } from "./errors.js";
import { ETags } from "./etags.js";

/** Longer addresses are not sent: the variables go into a body. */
const LONGEST_URL = 6_000;
const ACCEPT = "application/graphql-response+json, application/json;q=0.9";

/** The answer to one request. */
export interface Answer {
  readonly data: unknown;
  readonly error: YousoonError | undefined;
  /** Whether the server may have executed the request without saying how it ended. */
  readonly isUnclear: boolean;
}

export interface HttpOptions {
  readonly url: string;
  readonly fetch: typeof fetch;
  readonly headers: () => Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

/** Codes that leave open whether a mutation was done. */
const UNCLEAR = new Set(["ORIGIN_UNREACHABLE", "TIMEOUT", "OUTCOME_UNKNOWN"]);

export class Http {
  readonly #options: HttpOptions;
  readonly #etags = new ETags();
  /** The newest revision of one's own writes. */
  revision = 0;
  /** Called when it grows. */
  onRevision: (revision: number) => void = () => {};

  constructor(options: HttpOptions) {
    this.#options = options;
  }

  async ask(document: AnyDocument, variables: Variables, token: string | null, signal?: AbortSignal): Promise<Answer> {
    const { url, init, kept } = this.#request(document, variables, token);
    const timeout = AbortSignal.timeout(this.#options.timeoutMs);
    let response: Response;
    let body: unknown;
    try {
      response = await this.#options.fetch(url, { ...init, signal: signal ? AbortSignal.any([signal, timeout]) : timeout });
      this.#note(response);
      body = response.status === 304 ? kept : await response.json();
    } catch (cause) {
      const aborted = signal?.aborted === true;
      const error = aborted ? failed("ABORTED", "aborted", { cause }) : failed("NO_ANSWER", "no answer came", { cause });
      return { data: null, error, isUnclear: !aborted };
    }
    if (init.method === "GET" && response.status === 200) this.#etags.keep(url, response.headers.get("etag"), body);
    return read(response, body);
  }

  #request(document: AnyDocument, variables: Variables, token: string | null) {
    const { url: base, headers: further } = this.#options;
    const headers: Record<string, string> = { ...further(), accept: ACCEPT };
    if (this.revision > 0) headers["yousoon-min-revision"] = String(this.revision);
    if (document.shared && document.operation === "query") {
      const url = `${base}/${document.hash}?variables=${encodeURIComponent(JSON.stringify(variables))}`;
      const kept = this.#etags.get(url);
      if (kept) headers["if-none-match"] = kept.etag;
      if (url.length <= LONGEST_URL) return { url, init: { method: "GET", headers }, kept: kept?.body };
    }
    if (token !== null) headers["authorization"] = `Bearer ${token}`;
    headers["content-type"] = "application/json";
    const body = JSON.stringify({ documentId: document.hash, variables });
    return { url: base, init: { method: "POST", headers, body }, kept: undefined };
  }

  #note(response: Response): void {
    const revision = Number(response.headers.get("yousoon-revision") ?? 0);
    if (revision <= this.revision) return;
    this.revision = revision;
    this.onRevision(revision);
  }
}

/** Reads a GraphQL answer; anything else, such as a proxy's page, is none. */
function read(response: Response, body: unknown): Answer {
  const { status } = response;
  const { data = null, errors } = (body ?? {}) as { data?: unknown; errors?: readonly ServerError[] };
  if (!errors?.length) {
    if (data !== null) return { data, error: undefined, isUnclear: false };
    return { data, error: failed("NO_ANSWER", "the answer is not GraphQL's", { status }), isUnclear: true };
  }
  const wait = response.headers.get("retry-after");
  const error = told(errors, wait === null ? { status } : { status, retryAfterS: seconds(wait) });
  return { data, error, isUnclear: UNCLEAR.has(error.code) };
}

/** `Retry-After` is seconds or a date. */
function seconds(text: string): number {
  const number = Number(text);
  return Number.isNaN(number) ? Math.max(0, (Date.parse(text) - Date.now()) / 1_000) : number;
}
