// When a request is sent again. See docs/repeats.md for what a repeated mutation gets.
import type { AnyDocument } from "./document.js";
import type { Answer } from "./exchange.js";

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 5_000;

/** Codes of refusals that executed nothing: sending again is always safe. */
const NOTHING_DONE = new Set(["RATE_LIMITED", "OVERLOADED"]);

/** How long to wait before request number `sent` + 1, in milliseconds; null if it must not be sent. */
export function pauseMs(document: AnyDocument, answer: Answer, sent: number, elapsedMs: number, patienceMs: number): number | null {
  const { error, isUnclear, data } = answer;
  if (!error || hasSomething(data)) return null;
  const isSafe = NOTHING_DONE.has(error.code) || (isUnclear && mayRepeat(document, elapsedMs));
  if (!isSafe) return null;
  const pause = error.retryAfterS === undefined ? backoffMs(sent) : error.retryAfterS * 1_000;
  return elapsedMs + pause > lastMs(document, patienceMs, NOTHING_DONE.has(error.code)) ? null : pause;
}

/** Random, so that clients of a server that was away do not all come back at once. */
export function backoffMs(failures: number): number {
  const longest = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failures);
  return longest / 2 + (Math.random() * longest) / 2;
}

function mayRepeat({ operation, repeat }: AnyDocument, elapsedMs: number): boolean {
  if (operation !== "mutation" || repeat === undefined) return true;
  return repeat !== "never" && elapsedMs < repeat * 1_000;
}

/** Until when the next request may be sent. */
function lastMs({ repeat }: AnyDocument, patienceMs: number, nothingDone: boolean): number {
  return typeof repeat === "number" && !nothingDone ? Math.min(patienceMs, repeat * 1_000) : patienceMs;
}

/** Whether any root field has a value. */
function hasSomething(data: unknown): boolean {
  return data !== null && typeof data === "object" && Object.values(data).some((field) => field !== null);
}
