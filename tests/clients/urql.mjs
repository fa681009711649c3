// urql with its normalised cache. It too adds `__typename` to documents; `ids` are their hashes.
import { Client, fetchExchange } from "@urql/core";
import { authExchange } from "@urql/exchange-auth";
import { cacheExchange } from "@urql/exchange-graphcache";
import { persistedExchange } from "@urql/exchange-persisted";
import { retryExchange } from "@urql/exchange-retry";
import { document } from "./documents.mjs";

/** The types without an id, which belong to the object that shows them. */
const EMBEDDED = ["Address", "AuthPayload", "Discount", "Location", "OfferSchedule", "OpeningHour",
  "Preferences", "Quota"];
/** Connections are replaced as a whole, so they and their edges have no key either. */
const LISTS = ["BookingConnection", "BookingEdge", "OfferConnection", "OfferEdge", "PageInfo"];

export function urql({ url, ids, session, fetch }) {
  const codeOf = (error) => error?.graphQLErrors?.[0]?.extensions?.code;
  let refused;
  const authorising = authExchange(async ({ appendHeaders, mutate }) => ({
    addAuthToOperation: (operation) =>
      appendHeaders(operation, { authorization: `Bearer ${session.access}` }),
    didAuthError(error, operation) {
      refused = operation.context.fetchOptions.headers.authorization.replace("Bearer ", "");
      return codeOf(error) === "TOKEN_EXPIRED";
    },
    refreshAuth: () =>
      session.refresh(refused, async (token) => {
        const context = { url: `${url}/graphql`, fetchOptions: {} };
        return mutate(document("RefreshToken"), { token }, context);
      }),
  }));
  const client = new Client({
    url: `${url}/graphql`,
    fetch,
    preferGetMethod: false,
    exchanges: [
      cacheExchange({ keys: Object.fromEntries([...EMBEDDED, ...LISTS].map((type) => [type, () => null])) }),
      // The exchange repeats what got no answer by default; 503 has a body, so it must be named.
      retryExchange({
        initialDelayMs: 50,
        maxDelayMs: 500,
        maxNumberAttempts: 50,
        retryIf: (error) => error.networkError !== undefined || error.response?.status >= 500,
      }),
      authorising,
      persistedExchange({
        enforcePersistedQueries: true,
        enableForMutation: true,
        preferGetForPersistedQueries: false,
        generateHash: async (_, { definitions }) => ids[definitions[0].name.value],
      }),
      fetchExchange,
    ],
  });

  async function ask(name, variables, requestPolicy = "network-only") {
    const text = document(name);
    const { data, error } =
      text.definitions[0].operation === "mutation"
        ? await client.mutation(text, variables)
        : await client.query(text, variables, { requestPolicy });
    if (error?.networkError) throw error.networkError;
    return { data: data ?? null, code: codeOf(error) ?? null };
  }

  return { ask, cached: async (name, variables) => (await ask(name, variables, "cache-only")).data };
}
