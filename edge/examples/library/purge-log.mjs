// The purge log: which tags were purged, in one order; and its way to the edge. "The purge log" in
// docs/origin.md.
//
// It lives as long as the books, in memory. An API with a database stores a write and its record in one
// transaction.
import { randomBytes } from "node:crypto";
import { EventEmitter, once } from "node:events";
import { announce, sign } from "./signature.mjs";

const KEPT_RECORDS = 100_000;
const MOST_IN_AN_APPEND = 500;
const HEARTBEAT_MS = 500;

export class PurgeLog extends EventEmitter {
  /** A log that forgot something must be another log. */
  id = randomBytes(16).toString("hex");
  /** It has every record after this revision. Revisions grow from log to log: the clock sees to that. */
  horizon = Date.now();
  head = this.horizon;
  #records = [];

  get asOf() {
    return `${this.id}:${this.head}`;
  }

  /** Call it when the write is done: its answer must not arrive before its record is here. */
  append(tags) {
    this.head += 1;
    this.#records.push({ revision: this.head, tags, kind: "hard" });
    if (this.#records.length > KEPT_RECORDS) {
      this.#records.shift();
      this.horizon += 1;
    }
    this.emit("record");
    return this.head;
  }

  after(revision) {
    const begin = revision - this.horizon;
    return this.#records.slice(begin, begin + MOST_IN_AN_APPEND);
  }
}

/** Tells the edge of new records at once, and every half second that there are none. */
export async function relay(log, edgeUrl, secret) {
  let edge = { log: null, head: 0 };
  const isAtHead = () => edge.log === log.id && edge.head === log.head;
  for (;;) {
    try {
      edge = await append(log, edge, edgeUrl, secret);
    } catch (error) {
      console.error(`the edge was not told of purges: ${error.cause?.message ?? error.message}`);
      await new Promise((resolve) => setTimeout(resolve, HEARTBEAT_MS));
      continue;
    }
    if (isAtHead()) {
      await once(log, "record", { signal: AbortSignal.timeout(HEARTBEAT_MS) }).catch(() => {});
    }
  }
}

/** Sends what follows the edge's position; gives its new position. */
async function append(log, edge, edgeUrl, secret) {
  const { id, horizon, head } = log;
  const isWithin = edge.log === id && edge.head >= horizon && edge.head <= head;
  const after = isWithin ? edge.head : horizon;
  const sentAtMs = Date.now();
  const body = Buffer.from(
    JSON.stringify({ log: id, horizon, after, records: log.after(after), head, sent_at_ms: sentAtMs }),
  );
  const announcement = announce(body);
  const response = await fetch(`${edgeUrl}/_yousoon/purge-log`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "yousoon-body": announcement,
      "yousoon-signature": sign(secret, "purge-log", sentAtMs, announcement),
    },
    body,
    signal: AbortSignal.timeout(2_000),
  });
  // 409: the records do not follow the edge's last one. Its answer says which that is.
  if (response.status !== 200 && response.status !== 409) {
    throw new Error(`status ${response.status}: ${await response.text()}`);
  }
  return response.json();
}
