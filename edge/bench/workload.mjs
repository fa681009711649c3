// The benchmark's requests: one document, 64 sets of variables, and the same 8 KiB answer to each.
//
// Run as a program, it prints {"paths":[…],"body":"…"} for the load generator.
import { createHash } from "node:crypto";
import { pathToFileURL } from "node:url";

const DOCUMENT = `query OffersNearby($location: LocationInput!, $category: ID, $first: Int! = 20) {
  offersNearby(location: $location, category: $category, first: $first) {
    id title discountPercent validUntil partner { id name address }
  }
}`;
const ANSWER_BYTES = 8 * 1024;
/** Enough that consecutive requests differ, and few enough that all are cached after a moment. */
const PLACES = 64;

export const document = {
  id: createHash("sha256").update(DOCUMENT).digest("hex"),
  name: "OffersNearby",
  type: "query",
  body: DOCUMENT,
  variables: [
    { name: "location", type: "LocationInput!" },
    { name: "category", type: "ID" },
    { name: "first", type: "Int!", default: 20 },
  ],
  inputTypes: {
    LocationInput: {
      kind: "object",
      fields: [
        { name: "lat", type: "Float!" },
        { name: "lng", type: "Float!" },
      ],
    },
  },
  cost: 140,
  depth: 3,
  policy: {
    scope: "public",
    maxAgeS: 3600,
    // The edge also has to find the H3 cell, which its peer does not do.
    snap: { path: ["location"], lat: "lat", lng: "lng", resolution: 8 },
  },
};

/** The locations are about 1.1 km apart, so that each is in a cell of its own. */
export const variableSets = Array.from({ length: PLACES }, (_, place) => ({
  location: {
    lat: Number((48.82 + 0.01 * Math.floor(place / 8)).toFixed(4)),
    lng: Number((2.28 + 0.015 * (place % 8)).toFixed(4)),
  },
  first: 20,
}));

export const paths = variableSets.map(
  (variables) => `/graphql/${document.id}?variables=${encodeURIComponent(JSON.stringify(variables))}`,
);

function offer(n) {
  return {
    id: createHash("sha256").update(`offer ${n}`).digest("hex").slice(0, 24),
    title: `Two for one on everything, offer ${n}`,
    discountPercent: 10 + (n % 50),
    validUntil: "2027-01-01T00:00:00Z",
    partner: { id: `partner-${n}`, name: `Partner number ${n}`, address: `${n} rue de Rivoli, Paris` },
  };
}

function makeBody() {
  const render = (offers) => JSON.stringify({ data: { offersNearby: offers } });
  const offers = [];
  while (render([...offers, offer(offers.length)]).length <= ANSWER_BYTES) {
    offers.push(offer(offers.length));
  }
  offers.at(-1).title += ".".repeat(ANSWER_BYTES - render(offers).length);
  return render(offers);
}

/** The answer: exactly ANSWER_BYTES bytes of ASCII. */
export const body = makeBody();

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  process.stdout.write(JSON.stringify({ paths, body }));
}
