// A real client that subscribes and tells what comes, a line of JSON each.
//
//   node tests/live/subscribe.mjs graphql-ws|graphql-sse URL REQUEST [HEADERS]
//
// REQUEST is the request's JSON; HEADERS are those of the handshake, or of each request. The clients
// are as they come: what they do when the server ends a connection is their own affair. Lines are
// {"connected": true}, {"next": RESULT}, {"closed": CODE}, {"error": TEXT} and {"complete": true}.
import { createClient as createStreams } from "graphql-sse";
import { createClient as createSocket } from "graphql-ws";
import WebSocket from "ws";

const [kind, url, request, headers = "{}"] = process.argv.slice(2);
const fields = JSON.parse(headers);
const tell = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

function overWebSocket() {
  // A browser's has no headers; what a test says as Cloudflare would needs some.
  class WithHeaders extends WebSocket {
    constructor(address, protocols) {
      super(address, protocols, { headers: fields });
    }
  }
  return createSocket({
    url: url.replace(/^http/, "ws"),
    webSocketImpl: WithHeaders,
    connectionParams: fields.authorization ? { authorization: fields.authorization } : undefined,
    on: {
      connected: () => tell({ connected: true }),
      closed: (event) => tell({ closed: event.code }),
    },
  });
}

function overEventStreams() {
  return createStreams({ url, headers: fields, on: { connected: () => tell({ connected: true }) } });
}

const client = kind === "graphql-ws" ? overWebSocket() : overEventStreams();
client.subscribe(JSON.parse(request), {
  next: (result) => tell({ next: result }),
  error: (error) => tell({ error: String(error?.message ?? error?.reason ?? JSON.stringify(error)) }),
  complete: () => tell({ complete: true }),
});
// Ends with whoever started it.
process.stdin.resume().on("end", () => process.exit(0));
