// Apollo Client 4: a terminating link. Documents are generated with `nodes: true` from a manifest of
// `pq build --as apollo`, which has the `__typename`s that Apollo's cache needs.
import { ApolloLink, Observable } from "@apollo/client";
import type { YousoonClient } from "../client.js";
import type { AnyDocument, Documents, Variables } from "../document.js";
import type { Result } from "../errors.js";

/** Sends Apollo's operations with `client`; `documents` is what the code generator wrote. */
export function yousoonLink(client: YousoonClient, documents: Documents): ApolloLink {
  return new ApolloLink(
    ({ operationName, variables }) =>
      new Observable((subscriber) => {
        const document = operationName === undefined ? undefined : documents[operationName];
        if (!document) return subscriber.error(new Error(`${operationName} is not in the generated documents`));
        return run(client, document, variables as Variables, subscriber);
      }),
  );
}

interface Subscriber {
  next(result: ApolloLink.Result): void;
  error(error: unknown): void;
  complete(): void;
}

/** Returns what ends it. */
function run(client: YousoonClient, document: AnyDocument, variables: Variables, subscriber: Subscriber) {
  const take = ({ data, error }: Result<unknown>) => {
    // What has no errors of the server got no answer.
    if (error && error.all.length === 0) return subscriber.error(error);
    return subscriber.next({ data: data as Record<string, unknown> | null, ...(error && { errors: error.all }) } as ApolloLink.Result);
  };
  if (document.operation === "subscription") {
    const error = (failure: unknown) => subscriber.error(failure);
    return client.follow(document, variables, { next: take, error, complete: () => subscriber.complete() });
  }
  const control = new AbortController();
  client.send(document, variables, { signal: control.signal }).then(
    (result) => (take(result), subscriber.complete()),
    (error: unknown) => subscriber.error(error),
  );
  return () => control.abort();
}
