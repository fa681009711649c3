// A day of the mix in a few minutes, through the edge, for the hit rate of each document. Nothing is asserted:
// `cargo xtask load --day` reads the edge's own numbers afterwards. README.md says what such a day is not.
//
//   TARGET    the URL of the edge
//   MANIFEST  the file that `pq build` wrote
//   MAILBOX   where what was sent can be read: the links of new accounts
//   HOUR_S    how many seconds an hour takes
//   PEOPLE    how many people there are in the busiest hour
//   SUMMARY   the file to write the number of requests to
import exec from "k6/execution";
import { arrive, kindOf } from "./all/arriving.js";
import { HOURS, gathering } from "./all/day.js";
import { act } from "./all/mix.js";
import { prepare } from "./all/people.js";
import { randomCity } from "./all/places.js";

const { SUMMARY } = __ENV;
const HOUR_S = Number(__ENV.HOUR_S ?? 15);
const PEOPLE = Number(__ENV.PEOPLE ?? 100);
/// The busiest hour has all of them.
const people = (hour) => Math.max(1, Math.round((HOURS[hour % 24] / 100) * PEOPLE));

export const options = {
  scenarios: {
    people: {
      executor: "ramping-vus",
      startVUs: people(0),
      stages: HOURS.map((_, hour) => ({ duration: `${HOUR_S}s`, target: people(hour + 1) })),
      exec: "person",
    },
  },
  setupTimeout: "5m",
};

export function setup() {
  const numbers = [...Array(PEOPLE).keys()];
  return prepare(numbers.filter((number) => kindOf(number) === "guest"));
}

const hour = () => Math.min(23, Math.floor((Date.now() - exec.scenario.startTime) / 1_000 / HOUR_S));
let me = null;

export function person(data) {
  me ??= arrive(exec.vu.idInTest - 1, data, gathering(randomCity(), hour));
  act(me);
}

export function handleSummary({ metrics }) {
  const values = (metric) => metrics[metric]?.values ?? {};
  const json = JSON.stringify({
    requests: values("http_reqs").count ?? 0,
    failed_rate: values("failed").rate ?? 0,
  });
  return SUMMARY ? { [SUMMARY]: json } : { stdout: `${json}\n` };
}
