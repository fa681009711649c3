// What the two ways of subscribing have in common.
import type { AnyDocument, Variables } from "../document.js";
import { told, type Result, type ServerError, type YousoonError } from "../errors.js";

/** What a subscription tells its subscriber. */
export interface Observer<TData> {
  next(result: Result<TData>): void;
  /** News may have been missed: read once what the subscription is about. It goes on by itself. */
  missed?(): void;
  /** It has ended by a refusal that another try would meet as well. */
  error?(error: YousoonError): void;
  complete?(): void;
}

/** What a transport has of its client. */
export interface LiveHost {
  readonly url: string;
  readonly fetch: typeof fetch;
  headers(): Readonly<Record<string, string>>;
  access(): Promise<string | null>;
  renew(refused: string): Promise<YousoonError | null>;
}

export interface LiveConnection {
  follow(document: AnyDocument, variables: Variables, observer: Observer<unknown>): () => void;
  close(): void;
}

export type LiveTransport = (host: LiveHost) => LiveConnection;

/** A result as both transports send it. */
export interface LiveResult {
  readonly data?: unknown;
  readonly errors?: readonly ServerError[];
  readonly extensions?: { readonly resumeFrom?: string };
}

const NO_ID = "none";
/** The server says something every 20 s: a connection that is silent for longer is dead. */
export const SILENCE_MS = 50_000;

/**
 * The request of a subscription. The libraries send the same object again when they connect again, so what it
 * says of the last result goes with it.
 */
export class LiveRequest {
  /** The libraries require it; the document is named by its hash. */
  readonly query = "";
  readonly documentId: string;
  readonly variables: Record<string, unknown>;
  readonly extensions: { resumeFrom?: string } = {};

  constructor(document: AnyDocument, variables: Variables) {
    this.documentId = document.hash;
    this.variables = { ...variables };
  }

  /** All up to this id was heard. */
  heardUntil(id: string | undefined): void {
    if (id !== undefined) this.extensions.resumeFrom = id;
  }

  /**
   * The connection broke. What has no id yet cannot say where to go on: with one that is none, the server says
   * that news may have been missed, once it tells of later ones.
   */
  broken(): void {
    this.extensions.resumeFrom ??= NO_ID;
  }

  /** Takes a result: the subscriber hears it, and the next connection goes on after it. */
  take({ data = null, errors, extensions }: LiveResult, observer: Observer<unknown>): void {
    if (errors?.[0]?.extensions?.code === "RESUME_LOST") observer.missed?.();
    else observer.next(errors?.length ? { data, error: told(errors) } : { data });
    this.heardUntil(extensions?.resumeFrom);
  }
}
