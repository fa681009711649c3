// Subscribes with a published client library and prints each event as a line of JSON.
//
//   node tests/live/subscribe.mjs graphql-ws|graphql-sse URL REQUEST [HEADERS] [REFRESH]
//
// REQUEST is the GraphQL request as JSON. HEADERS is a JSON object: the headers of the WebSocket
// handshake, or of each SSE request; `authorization` is sent in `connection_init`, as by a browser.
// REFRESH is the request that refreshes an access token that has expired. Both libraries keep their default behaviour when the server
// closes a connection. The lines are {"connected": true}, {"next": RESULT}, {"closed": CODE},
// {"refreshed": true}, {"error": TEXT} and {"complete": true}. A REQUEST with `extensions.resumeFrom`, which may be
// null, goes on after the last result when it is sent again: both libraries send the same object anew.
import { createClient as createStreams } from "graphql-sse";
import { createClient as createSocket } from "graphql-ws";
import WebSocket from "ws";

const [kind, url, request, headers = "{}", refreshing = "null"] = process.argv.slice(2);
const { authorization, ...fields } = JSON.parse(headers);
let credentials = authorization ? { authorization } : {};
let hasExpired = false;
const tell = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

async function refresh() {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(url, { method: "POST", headers, body: refreshing });
  const { accessToken } = (await answer.json()).data.refreshToken;
  credentials = { authorization: `Bearer ${accessToken}` };
  hasExpired = false;
  tell({ refreshed: true });
}

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
    // The library connects again after 4403, and asks for these once more.
    connectionParams: async () => {
      if (hasExpired) await refresh();
      return credentials;
    },
    on: {
      connected: () => tell({ connected: true }),
      closed: (event) => {
        hasExpired = event.code === 4403 && refreshing !== "null";
        tell({ closed: event.code });
      },
    },
  });
}

function overEventStreams() {
  // The library asks again after a refusal with a status, and for these once more.
  const headers = async () => {
    if (hasExpired) await refresh();
    return { ...fields, ...credentials };
  };
  const fetchFn = async (...request) => {
    const response = await fetch(...request);
    hasExpired = response.status === 401 && refreshing !== "null";
    return response;
  };
  return createStreams({ url, headers, fetchFn, on: { connected: () => tell({ connected: true }) } });
}

const client = kind === "graphql-ws" ? overWebSocket() : overEventStreams();
const asked = JSON.parse(request);
function heard(result) {
  const id = result.extensions?.resumeFrom;
  if (id && asked.extensions && "resumeFrom" in asked.extensions) asked.extensions.resumeFrom = id;
  tell({ next: result });
}
client.subscribe(asked, {
  next: heard,
  error: (error) => tell({ error: String(error?.message ?? error?.reason ?? JSON.stringify(error)) }),
  complete: () => tell({ complete: true }),
});
// Exits when the process that started it closes stdin or ends.
process.stdin.resume().on("end", () => process.exit(0));
