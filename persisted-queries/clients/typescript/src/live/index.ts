// @yousoon/client/live: two ways of subscribing. An app imports one of them.
export { eventStreams } from "./event-streams.js";
export { webSocket, type WebSocketOptions } from "./socket.js";
export type { LiveConnection, LiveHost, LiveTransport, Observer } from "./transport.js";
