// Load test of all requests: up to 200 people use the app, the site and the partner portal, while
// subscriptions are held open and something is purged each second. It fails unless the p95 of each
// operation is below 50 ms and fewer than 0.1 % of its requests fail. README.md has the reasons for
// the mix.
//
//   TARGET    the URL of the edge
//   MANIFEST  the file that `pq build` wrote
//   MAILBOX   where what was sent can be read: the links of new accounts
//   TOKEN     a service token that may purge
//   SHORT     if set: 20 people for 20 s, who do everything in turn, to try the script itself
//   LIMIT_MS  instead of 50
//   SUMMARY   the file to write the figures to that `cargo xtask load --all` prints
import { sleep } from "k6";
import exec from "k6/execution";
import { addressOf, run } from "./all/api.js";
import { arrive, kindOf } from "./all/arriving.js";
import { OPERATION as LISTENING, listen as listenFor } from "./all/listening.js";
import { HASHING, MAKING, OPERATIONS, act } from "./all/mix.js";
import { prepare } from "./all/people.js";
import { pick, placeIn, randomCity } from "./all/places.js";
import { FULL } from "./stages.js";

const { TOKEN, SHORT, SUMMARY } = __ENV;
const LIMIT_MS = Number(__ENV.LIMIT_MS ?? 50);
/// What an operation that hashes a password may take beside the hash.
const BESIDE_HASHING_MS = LIMIT_MS / 5;
/// An offer is sent, and then it is told to subscribers.
const DELIVERED_MS = 2 * LIMIT_MS;
/// A picture is decoded, scaled and encoded three times, and written to the bucket.
const MADE_MS = 10 * LIMIT_MS;
const FAILED_RATE = 0.001;

const STAGES = SHORT
  ? [
      { duration: "3s", target: 20 },
      { duration: "15s", target: 20 },
      { duration: "2s", target: 0 },
    ]
  : FULL;
const seconds = (duration) => Number(duration.slice(0, -1)) * (duration.endsWith("m") ? 60 : 1);
const DURATION_S = STAGES.reduce((sum, { duration }) => sum + seconds(duration), 0);
const PEOPLE = Math.max(...STAGES.map(({ target }) => target));
const LISTENERS = SHORT ? 5 : 40;
const PURGERS = 2;

function limitOf(name) {
  if (HASHING.includes(name)) return BESIDE_HASHING_MS;
  return name === MAKING ? MADE_MS : LIMIT_MS;
}

const thresholds = {};
for (const name of OPERATIONS) {
  thresholds[`failed{name:${name}}`] = [`rate<${FAILED_RATE}`];
  thresholds[`http_req_duration{name:${name}}`] = HASHING.includes(name)
    ? ["p(95)>=0"]
    : [`p(95)<${limitOf(name)}`];
}
for (const name of HASHING) {
  thresholds[`beside_hashing{name:${name}}`] = [`p(95)<${BESIDE_HASHING_MS}`];
}
thresholds[`failed{name:${LISTENING}}`] = [`rate<${FAILED_RATE}`];
thresholds.connecting = [`p(95)<${LIMIT_MS}`];
thresholds.delivered = [`p(95)<${DELIVERED_MS}`];

export const options = {
  scenarios: {
    people: { executor: "ramping-vus", startVUs: 0, stages: STAGES, exec: "person" },
    listeners: {
      executor: "per-vu-iterations",
      vus: LISTENERS,
      iterations: 1,
      maxDuration: `${DURATION_S + 30}s`,
      exec: "listen",
    },
    purges: {
      executor: "constant-arrival-rate",
      rate: 1,
      timeUnit: "1s",
      duration: `${DURATION_S}s`,
      preAllocatedVUs: PURGERS,
      exec: "purge",
    },
  },
  thresholds,
  setupTimeout: "5m",
  summaryTrendStats: ["med", "p(95)", "p(99)", "max", "count"],
};

const numberOf = () => exec.vu.idInTest - 1;

export function setup() {
  const numbers = [...Array(PEOPLE + LISTENERS + PURGERS).keys()];
  return prepare(numbers.filter((number) => kindOf(number) === "guest"));
}

let me = null;

export function person(data) {
  me ??= arrive(numberOf(), data, randomCity());
  act(me);
}

/// Listeners come one by one while the number of people grows.
export function listen() {
  const waitsS = Math.random() * seconds(STAGES[0].duration);
  sleep(waitsS);
  listenFor(numberOf(), (DURATION_S - waitsS) * 1_000);
}

/// What shows an offer, or the lists around a place, in turn.
export function purge({ partners }) {
  const what =
    exec.scenario.iterationInTest % 2 === 0
      ? { offerId: pick(pick(partners).offers) }
      : { location: placeIn(randomCity()) };
  const input = { ...what, reason: "load" };
  run("Purge", { input }, { address: addressOf(numberOf()), token: TOKEN });
}

export function handleSummary({ metrics }) {
  const values = (metric) => metrics[metric]?.values ?? {};
  const line = (name, trend, requests, limitMs, of = name) => ({
    name,
    requests: requests ?? 0,
    median_ms: trend.med ?? 0,
    p95_ms: trend["p(95)"] ?? 0,
    p99_ms: trend["p(99)"] ?? 0,
    limit_ms: limitMs,
    failed_rate: values(`failed{name:${of}}`).rate ?? 0,
  });
  const lines = OPERATIONS.map((name) => {
    const took = values(`http_req_duration{name:${name}}`);
    const counted = HASHING.includes(name) ? values(`beside_hashing{name:${name}}`) : took;
    const label = HASHING.includes(name) ? `${name}, beside the hash` : name;
    const limitMs = limitOf(name);
    return line(label, counted, took.count, limitMs, name);
  });
  const { connecting, delivered } = { connecting: values("connecting"), delivered: values("delivered") };
  lines.push(line(`${LISTENING}, connecting`, connecting, connecting.count, LIMIT_MS, LISTENING));
  lines.push(line(`${LISTENING}, from CreateOffer`, delivered, delivered.count, DELIVERED_MS, LISTENING));
  const json = JSON.stringify(lines, null, 2);
  const files = { stdout: SUMMARY ? "" : `${json}\n` };
  if (SUMMARY) files[SUMMARY] = json;
  return files;
}
