// Tries a published client library against the edge and prints what it got, as lines of JSON.
//
//   node tests/clients/try.mjs apollo-3|apollo-4|urql|relay|graphql-request SCENARIO OPTIONS
//
// OPTIONS is JSON: {"url", "ids", "access", "refresh", "variables"}; each scenario says below which
// of them it needs.
import { createServer, request } from "node:http";
import { apollo } from "./apollo.mjs";
import { relayRuntime } from "./relay.mjs";
import { graphqlRequest } from "./request.mjs";
import { urql } from "./urql.mjs";

const [kind, scenario, text] = process.argv.slice(2);
const options = JSON.parse(text);
const tell = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

/** The tokens. Requests that were refused with the same access token refresh it once. */
class Session {
  constructor({ access, refresh }) {
    this.access = access;
    this.next = refresh;
    this.refreshes = 0;
  }

  async refresh(refused, ask) {
    // Another request's refusal came first, and its refresh is over.
    if (refused !== this.access) return;
    this.running ??= ask(this.next).finally(() => (this.running = undefined));
    const tokens = (await this.running).data.refreshToken;
    if (this.access !== tokens.accessToken) this.refreshes += 1;
    this.access = tokens.accessToken;
    this.next = tokens.refreshToken;
  }
}

const session = new Session(options);
const statuses = [];

async function fetchAndNote(...request) {
  const response = await fetch(...request);
  statuses.push(response.status);
  if (response.status >= 500) tell({ refused: response.status });
  return response;
}

function open(url = options.url) {
  const given = { url, ids: options.ids, session, fetch: fetchAndNote };
  switch (kind) {
    case "apollo-3":
      return apollo(3, given);
    case "apollo-4":
      return apollo(4, given);
    case "urql":
      return urql(given);
    case "graphql-request":
      return graphqlRequest(given);
    default:
      return relayRuntime(given);
  }
}

/** A proxy to the edge that loses the first answer after it came: it resets the client's connection. */
async function losingTheFirstAnswer() {
  let requests = 0;
  const server = createServer((incoming, outgoing) => {
    requests += 1;
    const isFirst = requests === 1;
    const { method, headers } = incoming;
    const passed = request(options.url + incoming.url, { method, headers }, (answer) => {
      if (isFirst) answer.resume().on("end", () => incoming.socket.resetAndDestroy());
      else answer.pipe(outgoing.writeHead(answer.statusCode, answer.headers));
    });
    incoming.pipe(passed);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${server.address().port}`, requests: () => requests };
}

const scenarios = {
  /** Books the offer `variables` tells, once; the first answer is lost. */
  async "lost-answer"() {
    const proxy = await losingTheFirstAnswer();
    const { data, code } = await open(proxy.url).ask("CreateBooking", options.variables);
    const mine = await open().ask("MyBookings", {});
    const bookings = mine.data.myBookingsConnection.edges.map((edge) => edge.node.id);
    return { booking: data?.createBooking.id ?? null, code, requests: proxy.requests(), bookings };
  },
  /** Asks twice at once with an `access` token that has expired. */
  async "expired-token"() {
    const client = open();
    const answers = await Promise.all([client.ask("Me", {}), client.ask("MyFavorites", {})]);
    return { ids: answers.map(({ data }) => data?.me.id ?? null), refreshes: session.refreshes };
  },
  /** Books an offer that is sold out. */
  async "sold-out"() {
    const { data, code } = await open().ask("CreateBooking", options.variables);
    return { data, code, statuses };
  },
  /** Asks while the origin is away; prints {"refused": STATUS} for each refusal. */
  async "comes-back"() {
    const { data, code } = await open().ask("Me", {});
    return { id: data?.me.id ?? null, code };
  },
  /** Reads an offer, then two lists that show it; prints what the cache has of them then. */
  async cache() {
    const client = open();
    const reads = [["OfferDetail", options.variables], ...options.lists.map((list) => ["OffersNearby", list])];
    const fresh = [];
    for (const read of reads) fresh.push((await client.ask(...read)).data);
    const cached = [];
    for (const read of reads) cached.push(await client.cached(...read));
    return { fresh, cached };
  },
};

tell({ done: await scenarios[scenario]() });
process.exit(0);
