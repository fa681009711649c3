// What may go wrong, as a union by code: `switch (error.code)` knows all of them.
import type { ErrorCode } from "./error-codes.js";

/** Codes that the client itself gives. */
export type ClientCode =
  /** No answer came, or none that can be read. `mayHaveHappened` says whether a mutation may be done. */
  | "NO_ANSWER"
  /** The session is over: somebody signs in again. */
  | "SIGNED_OUT"
  /** The caller's `AbortSignal` ended it. */
  | "ABORTED"
  /** The server gave a code that is newer than this client; the first of `all` has it. */
  | "CODE_UNKNOWN";

export type Code = ErrorCode | ClientCode;

/** An error as the server sent it. */
export interface ServerError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions?: { readonly code?: string; readonly [name: string]: unknown };
}

/** One field of an input that breaks a rule. */
export interface BrokenField {
  readonly field: string;
  readonly rule: string;
  readonly message: string;
}

/** What is known beside the code. */
export interface Details {
  readonly all?: readonly ServerError[];
  readonly status?: number;
  readonly retryAfterS?: number;
  readonly mayHaveHappened?: boolean;
  readonly cause?: unknown;
}

/** A failure with one code. `message` is for the user, in their language, if the server gave it. */
export class Failure<C extends Code> extends Error {
  override readonly name = "YousoonError";
  readonly code: C;
  /** All errors of the answer; the code is that of the first one. */
  readonly all: readonly ServerError[];
  /** The field that failed. */
  readonly path: readonly (string | number)[] | undefined;
  /** Every field of the input that breaks a rule. */
  readonly fields: readonly BrokenField[];
  readonly status: number | undefined;
  /** When to try again. */
  readonly retryAfterS: number | undefined;
  /** Whether a mutation may have been done although no answer said so. */
  readonly mayHaveHappened: boolean;

  constructor(code: C, message: string, details: Details = {}) {
    super(message, { cause: details.cause });
    const first = details.all?.[0];
    this.code = code;
    this.all = details.all ?? [];
    this.path = first?.path;
    const fields = first?.extensions?.["fields"];
    this.fields = Array.isArray(fields) ? (fields as BrokenField[]) : [];
    this.status = details.status;
    this.retryAfterS = details.retryAfterS;
    this.mayHaveHappened = details.mayHaveHappened ?? false;
  }
}

/** Any failure. */
export type YousoonError = { [C in Code]: Failure<C> }[Code];

/** An answer: its data, or what went wrong, and then `data` is what came all the same. */
export type Result<TData> =
  | { readonly data: TData; readonly error?: undefined }
  | { readonly data: TData | null; readonly error: YousoonError };

/** A failure of the client itself. */
export function failed(code: ClientCode, message: string, details?: Details): YousoonError {
  return new Failure(code, message, details) as YousoonError;
}

/** The failure that the server's errors tell. */
export function told(all: readonly ServerError[], details: Details = {}): YousoonError {
  const first = all[0];
  // A code that is newer than this client is outside the union for the type checker only.
  const code = (first?.extensions?.code ?? "CODE_UNKNOWN") as ErrorCode;
  return new Failure(code, first?.message ?? "an error without a message", { ...details, all }) as YousoonError;
}
