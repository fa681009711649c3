// Posts reports. This state outlives a panic, which the state of the WASM does not.
import { waitUntil } from "cloudflare:workers";

const TIMEOUT_MS = 5_000;
/** The most reports in a minute. An isolate that panics at every request has a new budget each time. */
const AT_MOST = 10;
const MINUTE_MS = 60_000;

let minute = 0;
let sent = 0;
/** Nothing is sent before: Sentry asked for a pause. */
let notBeforeMs = 0;

/** Sends a report after the answer of the current request. A failure is ignored. */
export function post(url, auth, body) {
  const nowMs = Date.now();
  const current = Math.floor(nowMs / MINUTE_MS);
  if (current !== minute) [minute, sent] = [current, 0];
  if (nowMs < notBeforeMs || sent >= AT_MOST) return;
  sent += 1;
  const headers = { "content-type": "application/x-sentry-envelope", "x-sentry-auth": auth };
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  try {
    waitUntil(
      fetch(url, { method: "POST", redirect: "manual", headers, body, signal }).then(
        async (response) => {
          if (response.status === 429) {
            const afterMs = Number(response.headers.get("retry-after")) * 1_000;
            notBeforeMs = Date.now() + (afterMs > 0 ? afterMs : MINUTE_MS);
          }
          await response.body?.cancel();
        },
      ).catch(() => {}),
    );
  } catch {
    // Outside a request: there is nothing to send it with.
  }
}
