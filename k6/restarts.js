// Traffic while origins are replaced: 200 requests a second, of which none may fail and no booking may
// be lost. `cargo xtask load --restarts` replaces the origins meanwhile.
//
//   TARGET    the URL of the edge
//   MANIFEST  the file that `pq build` wrote
//   MAILBOX   where what was sent can be read: the links of new accounts
//   SECONDS   how long it takes
//   SUMMARY   the file to write the figures to
import { sleep } from "k6";
import exec from "k6/execution";
import { Counter, Trend } from "k6/metrics";
import { WebSocket } from "k6/websockets";
import { addressOf, graphqlUrl, idOf, read, run } from "./all/api.js";
import { prepare } from "./all/people.js";
import { pick, placeIn, randomCity } from "./all/places.js";

const { SUMMARY } = __ENV;
const SECONDS = Number(__ENV.SECONDS ?? 60);
const RATE = 200;
const PEOPLE = 60;
const LISTENERS = 20;
/// How soon a client that lost its connection tries again, at most.
const COMES_BACK_MS = 1_000;

const booked = new Counter("booked");
const lost = new Counter("lost");
const reconnected = new Trend("reconnected", true);

export const options = {
  scenarios: {
    people: {
      executor: "constant-arrival-rate",
      rate: RATE,
      timeUnit: "1s",
      duration: `${SECONDS}s`,
      preAllocatedVUs: PEOPLE,
      maxVUs: PEOPLE,
      exec: "person",
    },
    listeners: {
      executor: "per-vu-iterations",
      vus: LISTENERS,
      iterations: 1,
      maxDuration: `${SECONDS + 30}s`,
      exec: "listen",
    },
  },
  thresholds: {
    failed: ["rate==0"],
    lost: ["count==0"],
    booked: ["count>0"],
    // Asking is what the arrival rate promises: what it drops was not asked.
    dropped_iterations: ["count==0"],
  },
  setupTimeout: "5m",
  summaryTrendStats: ["med", "p(95)", "p(99)", "max", "count"],
};

export function setup() {
  return prepare([...Array(PEOPLE + LISTENERS).keys()]);
}

/// Of this virtual user: what it has booked and not cancelled.
const mine = [];

export function person({ guests, partners }) {
  const number = exec.vu.idInTest - 1;
  const guest = guests[number];
  const caller = { address: addressOf(number), token: guest.token };
  const dice = Math.random();
  if (dice < 0.5) {
    read("OffersNearby", { location: placeIn(randomCity()), first: 20 }, caller);
  } else if (dice < 0.7) {
    read("Home", {}, caller);
  } else if (dice < 0.85) {
    run("Me", {}, caller);
  } else if (mine.length < 3) {
    const offerId = pick(pick(partners).offers);
    if (mine.some((booking) => booking.offerId === offerId)) return;
    const idempotencyKey = `${number}-${exec.scenario.iterationInTest}`;
    const data = run("CreateBooking", { offerId, idempotencyKey }, caller);
    if (data === null) return;
    booked.add(1);
    mine.push({ offerId, id: data.createBooking.id });
  } else {
    const { id } = mine.shift();
    const data = run("BookingDetail", { id }, caller);
    if (data !== null && data.booking === null) lost.add(1);
    else run("CancelBooking", { id }, caller);
  }
}

/// Holds a subscription open, and comes back when it is closed, as clients do.
export function listen() {
  const number = exec.vu.idInTest - 1;
  sleep(Math.random());
  const ends = Date.now() + SECONDS * 1_000;
  const open = (closedAt) => {
    const headers = { "CF-Connecting-IP": addressOf(number) };
    const url = graphqlUrl.replace(/^http/, "ws");
    let isOpen = false;
    const socket = new WebSocket(url, ["graphql-transport-ws"], { headers });
    const send = (message) => socket.send(JSON.stringify(message));
    socket.onopen = () => send({ type: "connection_init" });
    socket.onmessage = ({ data }) => {
      const { type } = JSON.parse(data);
      if (type === "connection_ack") {
        isOpen = true;
        if (closedAt !== null) reconnected.add(Date.now() - closedAt);
        const variables = { location: placeIn(randomCity()), maxDistance: 50 };
        const payload = { documentId: idOf("NewOfferNearby"), variables };
        send({ id: "1", type: "subscribe", payload });
        setTimeout(() => socket.close(1000), Math.max(ends - Date.now(), 0));
      } else if (type === "ping") {
        send({ type: "pong" });
      }
    };
    socket.onclose = () => {
      const now = Date.now();
      if (now + COMES_BACK_MS >= ends) return;
      const since = isOpen || closedAt === null ? now : closedAt;
      setTimeout(() => open(since), Math.random() * COMES_BACK_MS);
    };
  };
  open(null);
}

export function handleSummary({ metrics }) {
  const values = (metric) => metrics[metric]?.values ?? {};
  const duration = values("http_req_duration");
  const summary = {
    requests: values("iterations").count ?? 0,
    failed_rate: values("failed").rate ?? 0,
    dropped: values("dropped_iterations").count ?? 0,
    booked: values("booked").count ?? 0,
    lost: values("lost").count ?? 0,
    median_ms: duration.med ?? 0,
    p95_ms: duration["p(95)"] ?? 0,
    p99_ms: duration["p(99)"] ?? 0,
    max_ms: duration.max ?? 0,
    reconnections: values("reconnected").count ?? 0,
    reconnected_p95_ms: values("reconnected")["p(95)"] ?? 0,
  };
  return { [SUMMARY ?? "stdout"]: JSON.stringify(summary, null, 2) };
}
