// The benchmark's requests: one document, 64 locations, and for each a list of 20 offers by distance in
// about 8 KiB. The workers that are compared store it as it is; the worker's exact lists are made of
// candidates.
//
// Run as a program, it prints {"asked":[{"path":…,"body":…}]} for the load generator.
import { createHash } from "node:crypto";
import { pathToFileURL } from "node:url";

const DOCUMENT = `query OffersNearby($location: LocationInput!, $category: ID, $first: Int! = 20) {
  offersNearby(location: $location, category: $category, first: $first) {
    edges {
      cursor distance
      node { id title discountPercent validUntil partner { id name address } }
    }
    pageInfo { hasNextPage endCursor }
    totalCount
  }
}`;
const PAGE = 20;
/** Of a cell: about as many as a page around anybody in it needs in the middle of a city. */
const CANDIDATES = 120;
const TOTAL = 812;
const CURSOR_KIND = 1;
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

/** What makes the lists exact, for the worker that makes them of candidates. */
export const exactDocument = {
  ...document,
  policy: {
    ...document.policy,
    nearest: {
      first: { variable: ["first"] },
      defaultFirst: PAGE,
      within: "absent",
      defaultWithinKm: 10,
      order: "absent",
      byDistance: "DISTANCE",
      others: [],
      shows: {
        items: ["offersNearby", "edges"],
        distances: [["distance"]],
        cursors: [["cursor"]],
        ofList: [
          [["offersNearby", "pageInfo", "hasNextPage"], "hasNextPage"],
          [["offersNearby", "pageInfo", "endCursor"], "endCursor"],
          [["offersNearby", "totalCount"], "total"],
        ],
      },
    },
  },
};

function node(n) {
  return {
    id: createHash("sha256").update(`offer ${n}`).digest("hex").slice(0, 24),
    title: `Two for one on everything, offer ${n}`.padEnd(130, "."),
    discountPercent: 10 + (n % 50),
    validUntil: "2027-01-01T00:00:00Z",
    partner: { id: `partner-${n}`, name: `Partner number ${n}`, address: `${n} rue de Rivoli, Paris` },
  };
}

/** The haversine formula, as in cache/core/src/geo.rs. */
function distanceKm(from, to) {
  const radians = (degrees) => degrees * (Math.PI / 180);
  const [a, b] = [radians(from.lat), radians(to.lat)];
  const halfLat = Math.sin((b - a) / 2);
  const halfLng = Math.sin(radians(to.lng - from.lng) / 2);
  const h = halfLat * halfLat + Math.cos(a) * Math.cos(b) * halfLng * halfLng;
  return 2 * 6371.0088 * Math.asin(Math.min(Math.sqrt(h), 1));
}

/** The cursor of a list by distance, as in cache/core/src/cursor.rs. */
function cursor(km, id) {
  const distance = Buffer.alloc(8);
  distance.writeDoubleBE(km);
  const bytes = Buffer.concat([Buffer.from([1, CURSOR_KIND]), distance, Buffer.from(id, "hex")]);
  const checksum = createHash("sha256").update("yousoon cursor\0").update(bytes).digest().subarray(0, 4);
  return Buffer.concat([bytes, checksum]).toString("base64url");
}

/** A number as Rust writes it: a whole one has a fraction. */
const float = (number) => (Number.isInteger(number) ? number.toFixed(1) : String(number));

function answer(edges, hasNextPage, added = "") {
  const texts = edges.map(
    ({ km, node }) =>
      `{"cursor":"${cursor(km, node.id)}","distance":${float(Math.round(km * 1000) / 1000)},"node":${JSON.stringify(node)}}`,
  );
  const last = edges.at(-1);
  const end = JSON.stringify(cursor(last.km, last.node.id));
  return `{"data":{"offersNearby":{"edges":[${texts.join(",")}],"pageInfo":{"hasNextPage":${hasNextPage},"endCursor":${end}},"totalCount":${TOTAL}}}${added}}`;
}

/** Offers in a spiral around a place, up to 2.2 km away. */
const offersAround = (place) =>
  Array.from({ length: CANDIDATES }, (_, n) => {
    const [angle, km] = [n * 2.4, 0.2 * Math.sqrt(n + 1)];
    const lat = place.lat + (km / 111.2) * Math.sin(angle);
    const lng = place.lng + (km / 73) * Math.cos(angle);
    return { lat, lng, node: node(n) };
  });

function listAround(place, location, count) {
  const offers = offersAround(place).map((offer) => ({ ...offer, km: distanceKm(location, offer) }));
  return offers.sort((a, b) => a.km - b.km).slice(0, count);
}

/** The place that a location, which may be the centre of its cell, is meant for. */
function nearestPlace(location) {
  const places = variableSets.map((variables) => variables.location);
  return places.reduce((a, b) => (distanceKm(location, a) <= distanceKm(location, b) ? a : b));
}

/** The answer for a place, for every worker the same. */
export function fixedAnswer(location) {
  const place = nearestPlace(location);
  return answer(listAround(place, place, PAGE), true);
}

/** The answer for a cell's centre of which exact lists are made. */
export function candidatesAnswer(centre) {
  const edges = listAround(nearestPlace(centre), centre, CANDIDATES);
  const candidates = {
    reachKm: edges.at(-1).km,
    cursorKind: CURSOR_KIND,
    total: { count: TOTAL, isExact: false },
    items: edges.map(({ lat, lng, node }) => [lat, lng, node.id]),
  };
  return answer(edges, true, `,"extensions":${JSON.stringify({ candidates })}`);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  process.stdout.write(JSON.stringify({ asked: paths.map((path, at) => ({ path, body: fixedAnswer(variableSets[at].location) })) }));
}
