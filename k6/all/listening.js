// Subscriptions that are held open: graphql-transport-ws, one connection a person.
import { WebSocket } from "k6/websockets";
import { Counter, Trend } from "k6/metrics";
import { addressOf, failed, graphqlUrl, idOf } from "./api.js";
import { placeIn, randomCity } from "./places.js";

export const OPERATION = "NewOfferNearby";
/// From the handshake until the server has taken the credentials.
export const connecting = new Trend("connecting", true);
/// From before an offer is sent to the system until a subscriber has it.
export const delivered = new Trend("delivered", true);
export const heard = new Counter("heard");

const MAX_DISTANCE_KM = 50;

/// Holds one subscription open for so long; an end before that counts as failed.
export function listen(number, forMs) {
  const started = Date.now();
  const headers = { "CF-Connecting-IP": addressOf(number) };
  const url = graphqlUrl.replace(/^http/, "ws");
  const socket = new WebSocket(url, ["graphql-transport-ws"], { headers });
  const send = (message) => socket.send(JSON.stringify(message));
  let isOver = false;
  let isFailed = false;
  const fail = (why) => {
    if (isOver || isFailed) return;
    isFailed = true;
    console.error(`${OPERATION}: ${why}`);
    failed.add(true, { name: OPERATION });
  };
  socket.onopen = () => send({ type: "connection_init" });
  socket.onerror = (event) => fail(event.error);
  socket.onclose = (event) => fail(`closed with ${event.code} ${event.reason}`);
  socket.onmessage = ({ data }) => {
    const { type, payload } = JSON.parse(data);
    switch (type) {
      case "connection_ack": {
        connecting.add(Date.now() - started);
        const variables = { location: placeIn(randomCity()), maxDistance: MAX_DISTANCE_KM };
        send({ id: "1", type: "subscribe", payload: { documentId: idOf(OPERATION), variables } });
        setTimeout(end, forMs);
        break;
      }
      case "next":
        hear(payload, fail);
        break;
      case "ping":
        send({ type: "pong" });
        break;
      default:
        fail(data);
    }
  };
  const end = () => {
    if (!isFailed) failed.add(false, { name: OPERATION });
    isOver = true;
    send({ id: "1", type: "complete" });
    socket.close(1000);
  };
}

function hear({ data, errors }, fail) {
  if (errors) return fail(JSON.stringify(errors));
  heard.add(1);
  // What a partner of this test publishes; an offer that is resumed was sent long ago.
  const sentAt = /^Nouveau à (\d+)$/.exec(data.newOfferNearby.title);
  if (sentAt !== null && !seen.has(sentAt[1])) {
    seen.add(sentAt[1]);
    delivered.add(Date.now() - Number(sentAt[1]));
  }
}

const seen = new Set();
