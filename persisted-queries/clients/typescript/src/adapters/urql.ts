// urql: the last exchange, instead of `fetchExchange`. Documents are generated with `nodes: true` from a manifest of
// `pq build --as apollo`, which has the `__typename`s that urql's caches need.
import { CombinedError, makeErrorResult, type Exchange, type Operation, type OperationResult } from "@urql/core";
import { filter, make, merge, mergeMap, pipe, takeUntil, type Source } from "wonka";
import type { YousoonClient } from "../client.js";
import type { Documents, Variables } from "../document.js";
import type { Result } from "../errors.js";

/** Sends urql's operations with `client`; `documents` is what the code generator wrote. */
export function yousoonExchange(client: YousoonClient, documents: Documents): Exchange {
  return ({ forward }) =>
    (operations) => {
      const answered = pipe(
        operations,
        filter(({ kind }) => kind !== "teardown"),
        mergeMap((operation) => {
          const ended = filter<Operation>(({ kind, key }) => kind === "teardown" && key === operation.key);
          return pipe(results(client, documents, operation), takeUntil(pipe(operations, ended)));
        }),
      );
      const others = pipe(operations, filter(({ kind }) => kind === "teardown"), forward);
      return merge([answered, others]);
    };
}

function results(client: YousoonClient, documents: Documents, operation: Operation): Source<OperationResult> {
  return make(({ next, complete }) => {
    const name = nameOf(operation);
    const document = name === undefined ? undefined : documents[name];
    const fail = (error: Error) => (next(makeErrorResult(operation, error)), complete());
    if (!document) {
      fail(new Error(`${name} is not in the generated documents`));
      return () => {};
    }
    const variables = operation.variables as Variables;
    const take = (result: Result<unknown>) => next(resultOf(operation, result));
    if (document.operation === "subscription") return client.follow(document, variables, { next: take, error: fail, complete });
    const control = new AbortController();
    void client.send(document, variables, { signal: control.signal }).then((result) => (take(result), complete()), fail);
    return () => control.abort();
  });
}

function resultOf(operation: Operation, { data, error }: Result<unknown>): OperationResult {
  const known = { operation, data: data ?? undefined, stale: false, hasNext: operation.kind === "subscription" };
  if (!error) return known;
  // What has no errors of the server got no answer.
  const told = error.all.length > 0 ? { graphQLErrors: [...error.all] } : { networkError: error };
  return { ...known, error: new CombinedError(told) };
}

function nameOf({ query }: Operation): string | undefined {
  const [definition] = query.definitions;
  return definition && "name" in definition ? definition.name?.value : undefined;
}
