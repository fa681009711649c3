// Apollo Client, urql and Relay on this client, through faults: each books once with an expired token, hears of the
// cancelling, and learns the code of a refusal. Prints {"done": {"apollo": REPORT, …}}.
//
//   node scripts/run.mjs test/adapters.ts OPTIONS     as sessions.ts; "sessions" and "without" are not used
import { ApolloClient, InMemoryCache } from "@apollo/client";
import { CombinedGraphQLErrors } from "@apollo/client/errors";
import { cacheExchange, Client as Urql } from "@urql/core";
import { Observable } from "relay-runtime";
import type { JsonWebKey } from "node:crypto";
import { createYousoonClient, type YousoonClient } from "@yousoon/client";
import { yousoonLink } from "@yousoon/client/adapters/apollo.js";
import { yousoonNetwork } from "@yousoon/client/adapters/relay.js";
import { yousoonExchange } from "@yousoon/client/adapters/urql.js";
import * as documents from "../generated/documents.js";
import * as nodes from "../generated/apollo.js";
import { Browser } from "./browser.js";
import { faultsBefore, randomOf } from "./faults.js";

const options = JSON.parse(process.argv[2] ?? "{}") as { url: string; origin: string; key: JsonWebKey; offers: string[]; seed: number };
const faults = await faultsBefore(options, randomOf(options.seed));

/** What a library can be asked. */
interface Library {
  me(): Promise<string | undefined>;
  book(offerId: string): Promise<{ id: string | undefined; code: string | undefined }>;
  /** Calls `heard` with each status. */
  follow(bookingId: string, heard: (status: string | undefined) => void): () => void;
}

function apollo(client: YousoonClient): Library {
  const own = new ApolloClient({ link: yousoonLink(client, nodes), cache: new InMemoryCache() });
  const codeOf = (error: unknown) => (CombinedGraphQLErrors.is(error) ? String(error.errors[0]?.extensions?.["code"]) : undefined);
  return {
    me: async () => (await own.query({ query: nodes.Me, fetchPolicy: "network-only" })).data?.me?.id,
    async book(offerId) {
      const { data, error } = await own.mutate({ mutation: nodes.CreateBooking, variables: { offerId }, errorPolicy: "all" });
      return { id: data?.createBooking?.id, code: codeOf(error) };
    },
    follow(bookingId, heard) {
      const events = own.subscribe({ query: nodes.BookingStatusChanged, variables: { bookingId } });
      const subscription = events.subscribe(({ data }) => heard(data?.bookingStatusChanged.status));
      return () => subscription.unsubscribe();
    },
  };
}

function urql(client: YousoonClient): Library {
  const own = new Urql({ url: options.url, preferGetMethod: false, exchanges: [cacheExchange, yousoonExchange(client, nodes)] });
  return {
    me: async () => (await own.query(nodes.Me, {}, { requestPolicy: "network-only" })).data?.me?.id,
    async book(offerId) {
      const { data, error } = await own.mutation(nodes.CreateBooking, { offerId });
      return { id: data?.createBooking?.id, code: error?.graphQLErrors[0]?.extensions["code"] as string | undefined };
    },
    follow(bookingId, heard) {
      const events = own.subscription(nodes.BookingStatusChanged, { bookingId });
      return events.subscribe(({ data }) => heard(data?.bookingStatusChanged.status)).unsubscribe;
    },
  };
}

function relay(client: YousoonClient): Library {
  const network = yousoonNetwork(client, documents);
  const ask = (document: { name: string; operation: string; hash: string }, variables: Record<string, unknown>) => {
    const { name, operation, hash } = document;
    const request = { name, operationKind: operation, id: hash, text: null, cacheID: hash, metadata: {} } as Parameters<typeof network.execute>[0];
    return Observable.from(network.execute(request, variables, { force: true }, null)) as Observable<unknown>;
  };
  return {
    me: async () => ((await ask(documents.Me, {}).toPromise()) as { data: documents.MeQuery }).data.me?.id,
    async book(offerId) {
      try {
        const answer = (await ask(documents.CreateBooking, { offerId }).toPromise()) as { data: documents.CreateBookingMutation };
        return { id: answer.data.createBooking.id, code: undefined };
      } catch (error) {
        return { id: undefined, code: (error as { code?: string }).code };
      }
    },
    follow(bookingId, heard) {
      const next = (answer: unknown) => heard((answer as { data?: documents.BookingStatusChangedSubscription }).data?.bookingStatusChanged.status);
      const subscription = ask(documents.BookingStatusChanged, { bookingId }).subscribe({ next });
      return () => subscription.unsubscribe();
    },
  };
}

async function tried(name: string, open: (client: YousoonClient) => Library) {
  const offerId = options.offers[0] ?? "";
  const url = `${faults.url}/${name}/graphql`;
  const browser = new Browser({ url, key: options.key, without: "nothing", hasLocks: true, socket: false });
  const direct = createYousoonClient({ url: `${options.url}/graphql`, refresh: documents.RefreshToken });
  const input = { email: `${name}-${options.seed}@adapters.example`, password: "correct horse battery", firstName: "Zoé", lastName: "Dupont" };
  const { data } = await direct.mutate(documents.Register, { input });
  if (!data) throw new Error("no account");
  const [client] = browser.tabs;
  await client.signIn(data.register);
  const library = open(client);
  browser.expire();
  const ids = await Promise.all([library.me(), library.me()]);
  const booked = await library.book(offerId);
  const again = await library.book(offerId);
  const status = await new Promise<string | undefined>((resolve) => {
    const stop = library.follow(booked.id ?? "", (told) => told === "CANCELLED" && (stop(), resolve(told)));
    setTimeout(() => void client.mutate(documents.CancelBooking, { id: booked.id ?? "" }), 300);
    setTimeout(() => resolve(undefined), 20_000);
  });
  const mine = await client.query(documents.MyBookings, {});
  browser.close();
  return {
    me: ids.every((id) => id === data.register.user.id),
    booked: mine.data?.myBookingsConnection.edges.map(({ node }) => node.id === booked.id),
    again: again.code,
    status,
    refreshes: browser.exchanged.size,
    signedOut: browser.signedOut,
  };
}

setInterval(() => process.stdout.write('{"progress": true}\n'), 5_000);
const done = { apollo: await tried("apollo", apollo), urql: await tried("urql", urql), relay: await tried("relay", relay) };
process.stdout.write(`${JSON.stringify({ done })}\n`);
process.exit(0);
