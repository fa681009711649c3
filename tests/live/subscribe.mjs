// Subscribes with a published client library and prints each event as a line of JSON.
//
//   node tests/live/subscribe.mjs graphql-ws|graphql-sse URL REQUEST [HEADERS]
//
// REQUEST is the GraphQL request as JSON. HEADERS is a JSON object: the headers of the WebSocket
// handshake, or of each SSE request. Both libraries keep their default behaviour when the server
// closes a connection. The lines are {"connected": true}, {"next": RESULT}, {"closed": CODE},
// {"error": TEXT} and {"complete": true}.
import { createClient as createStreams } from "graphql-sse";
import { createClient as createSocket } from "graphql-ws";
import WebSocket from "ws";

const [kind, url, request, headers = "{}"] = process.argv.slice(2);
const fields = JSON.parse(headers);
const tell = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

function overWebSocket() {
  // Browsers cannot set headers on a WebSocket. The tests must, to send those that Cloudflare adds.
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
// Exits when the process that started it closes stdin or ends.
process.stdin.resume().on("end", () => process.exit(0));
