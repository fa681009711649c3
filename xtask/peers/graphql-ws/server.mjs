// graphql-ws on ws, the reference implementation of the protocol, set up as its documentation says:
// the document is parsed once and not validated again, nothing is compressed, nobody is asked who
// they are. Offers are in memory. It knows who is near by comparing all subscriptions with an offer,
// which at a few thousand costs it nothing.
//
//   node xtask/peers/graphql-ws/server.mjs --port N --schema FILE --operation FILE
//
// POST /publish with an offer's JSON publishes it; GET /readyz tells that it listens.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { parseArgs } from "node:util";
import { buildSchema, parse } from "graphql";
import { useServer } from "graphql-ws/use/ws";
import { WebSocketServer } from "ws";

const { values: options } = parseArgs({
  options: {
    port: { type: "string" },
    schema: { type: "string" },
    operation: { type: "string" },
  },
});

const EARTH_RADIUS_KM = 6371.0088;
const radians = (degrees) => (degrees * Math.PI) / 180;
function distanceKm(a, b) {
  const lat = Math.sin(radians(b.lat - a.lat) / 2);
  const lng = Math.sin(radians(b.lng - a.lng) / 2);
  const h = lat * lat + Math.cos(radians(a.lat)) * Math.cos(radians(b.lat)) * lng * lng;
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.sqrt(Math.min(1, h)));
}

const listening = new Set();
/** What comes for one subscription, as an async iterator. */
function offersNear(location, maxDistance) {
  const waiting = [];
  let wake;
  const listener = (offer) => {
    const distance = distanceKm(location, offer.location);
    if (distance > maxDistance) return;
    waiting.push({ newOfferNearby: { ...offer, distance: Math.round(distance * 1000) / 1000 } });
    wake?.();
  };
  listening.add(listener);
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      while (waiting.length === 0) await new Promise((resolve) => (wake = resolve));
      return { value: waiting.shift(), done: false };
    },
    async return() {
      listening.delete(listener);
      return { value: undefined, done: true };
    },
  };
}

const schema = buildSchema(readFileSync(options.schema, "utf8"));
const document = parse(readFileSync(options.operation, "utf8"));
schema.getSubscriptionType().getFields().newOfferNearby.subscribe = (_root, variables) =>
  offersNear(variables.location, variables.maxDistance ?? 10);

const server = createServer((request, response) => {
  if (request.method !== "POST") return response.end("ok");
  let body = "";
  request.on("data", (chunk) => (body += chunk));
  request.on("end", () => {
    const offer = JSON.parse(body);
    for (const listener of listening) listener(offer);
    response.end("ok");
  });
});
const sockets = new WebSocketServer({ server, path: "/graphql", perMessageDeflate: false });
useServer(
  {
    // By the document's name, as the origin is asked.
    onSubscribe: (_context, _id, payload) => ({ schema, document, variableValues: payload.variables }),
  },
  sockets,
);
server.listen(Number(options.port), "127.0.0.1");
