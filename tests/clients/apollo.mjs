// Apollo Client 3 and 4. It adds `__typename` to documents, so their hashes are other ones: `ids` maps
// names to those that `pq build --as apollo --ids` writes.
import { createRequire } from "node:module";
import { document } from "./documents.mjs";

const require = createRequire(import.meta.url);

/** The codes of refusals with 503: nothing was executed, and later it may be. */
const TEMPORARY = new Set(["ORIGIN_UNREACHABLE", "OVERLOADED"]);

/** A client; `version` is 3 or 4. */
export function apollo(version, { url, ids, session, fetch }) {
  const from = version === 3 ? "apollo-client-3" : "@apollo/client";
  const { ApolloClient, ApolloLink, HttpLink, InMemoryCache, Observable } = require(`${from}/core`);
  const { onError } = require(`${from}/link/error`);
  const { RetryLink } = require(`${from}/link/retry`);
  const { setContext } = require(`${from}/link/context`);
  const { createPersistedQueryLink } = require(`${from}/link/persisted-queries`);

  const codeOf = (errors) => errors?.[0]?.extensions?.code;
  // Version 3 passes the kinds of errors apart, version 4 one error.
  const told = ({ graphQLErrors, networkError, error }) =>
    codeOf(graphQLErrors ?? error?.errors ?? networkError?.result?.errors);

  const refreshing = onError((failure) => {
    const { operation, forward } = failure;
    if (told(failure) !== "TOKEN_EXPIRED" || operation.getContext().anonymous) return undefined;
    return new Observable((observer) => {
      const refused = operation.getContext().headers.authorization.replace("Bearer ", "");
      session
        .refresh(refused, (token) => ask("RefreshToken", { token }, { anonymous: true }))
        .then(() => forward(operation).subscribe(observer))
        .catch((error) => observer.error(error));
    });
  });
  // Version 4 takes a refusal with 503 for a result, which `RetryLink` lets pass.
  const failing = new ApolloLink(
    (operation, forward) =>
      new Observable((observer) =>
        forward(operation).subscribe({
          next(result) {
            if (TEMPORARY.has(codeOf(result.errors))) observer.error(new Error("refused for now"));
            else observer.next(result);
          },
          error: (error) => observer.error(error),
          complete: () => observer.complete(),
        }),
      ),
  );
  // It repeats what failed: no answer, or in version 3 a status of 300 and more.
  const repeating = new RetryLink({ delay: { initial: 50, max: 500 }, attempts: { max: 50 } });
  const authorising = setContext((_, { headers, anonymous }) =>
    anonymous ? {} : { headers: { ...headers, authorization: `Bearer ${session.access}` } },
  );
  const persisted = createPersistedQueryLink({
    generateHash: ({ definitions }) => ids[definitions[0].name.value],
  });
  const http = new HttpLink({ uri: `${url}/graphql`, fetch });
  const cache = new InMemoryCache();
  const client = new ApolloClient({
    cache,
    link: ApolloLink.from([repeating, failing, refreshing, authorising, persisted, http]),
    defaultOptions: { query: { errorPolicy: "all" }, mutate: { errorPolicy: "all" } },
  });

  async function ask(name, variables, context = {}) {
    const text = document(name);
    const { data, errors, error } =
      text.definitions[0].operation === "mutation"
        ? await client.mutate({ mutation: text, variables, context })
        : await client.query({ query: text, variables, context, fetchPolicy: "network-only" });
    return { data: data ?? null, code: codeOf(errors ?? error?.errors) ?? null };
  }

  return {
    ask,
    /** What the cache has, without asking; null if anything is missing. */
    cached: async (name, variables) => cache.readQuery({ query: document(name), variables }),
  };
}
