// Load test: up to 200 virtual users ask for offers near the centre of Paris, by the document's
// hash. It fails unless the p95 is below 50 ms.
//
//   TARGET    the URL of the edge or the origin
//   DOCUMENT  the id of OffersNearby (see the manifest)
//   TOKEN     a bearer token, optional
//   SHORT     if set: 15 s with 20 users, to try the script itself
//   SUMMARY   the file to write the figures to that `cargo xtask load` prints
import http from "k6/http";
import { check, sleep } from "k6";
import { FULL } from "./stages.js";

const { TARGET, DOCUMENT, TOKEN, SHORT, SUMMARY } = __ENV;
if (!TARGET || !DOCUMENT) {
  throw new Error("TARGET and DOCUMENT are required: `cargo xtask load` sets them");
}

export const options = {
  stages: SHORT
    ? [
        { duration: "3s", target: 20 },
        { duration: "10s", target: 20 },
        { duration: "2s", target: 0 },
      ]
    : FULL,
  thresholds: {
    http_req_duration: ["p(95)<50"],
    http_req_failed: ["rate<0.01"],
    // An answer with GraphQL errors may have status 200, which http_req_failed does not count.
    checks: ["rate>0.99"],
  },
};

const variables = { location: { lat: 48.8566, lng: 2.3522 }, first: 20 };
const url = `${TARGET}/graphql/${DOCUMENT}?variables=${encodeURIComponent(JSON.stringify(variables))}`;

function headers() {
  // Each virtual user has its own address. With a single one the test would run into the rate limit
  // of 100 requests per minute.
  const address = `10.0.${Math.floor(__VU / 250)}.${(__VU % 250) + 1}`;
  const sent = { Accept: "application/graphql-response+json", "X-Forwarded-For": address };
  if (TOKEN) sent.Authorization = `Bearer ${TOKEN}`;
  return sent;
}

export default function () {
  const response = http.get(url, { headers: headers() });
  check(response, {
    "status is 200": (r) => r.status === 200,
    "no errors": (r) => r.status === 200 && r.json("errors") === undefined,
    "offers come back": (r) => r.status === 200 && r.json("data.offers.edges.#") > 0,
  });
  sleep(1);
}

export function handleSummary({ metrics }) {
  const value = (metric, field) => metrics[metric]?.values[field] ?? 0;
  const figures = {
    p95_ms: value("http_req_duration", "p(95)"),
    median_ms: value("http_req_duration", "med"),
    max_ms: value("http_req_duration", "max"),
    failed_rate: value("http_req_failed", "rate"),
    checks_rate: value("checks", "rate"),
    requests: value("http_reqs", "count"),
  };
  const files = { stdout: `${JSON.stringify(figures, null, 2)}\n` };
  if (SUMMARY) files[SUMMARY] = JSON.stringify(figures);
  return files;
}
