// Relay: its network. `pq build` takes the manifest that relay-compiler writes with `persistConfig` and SHA-256, so
// what is published is what Relay sends.
import { Network, Observable, type GraphQLResponse, type RequestParameters, type Variables as RelayVariables } from "relay-runtime";
import type { YousoonClient } from "../client.js";
import type { AnyDocument, Documents, Variables } from "../document.js";
import type { Result } from "../errors.js";

/** Relay's network by `client`; `documents` is what the code generator wrote of the same manifest. */
export function yousoonNetwork(client: YousoonClient, documents: Documents): ReturnType<typeof Network.create> {
  const find = ({ name }: RequestParameters): AnyDocument => {
    const document = documents[name];
    if (!document) throw new Error(`${name} is not in the generated documents`);
    return document;
  };
  return Network.create(
    async (request, variables) => responseOf(await client.send(find(request), variables as Variables)),
    (request: RequestParameters, variables: RelayVariables) =>
      Observable.create<GraphQLResponse>((sink) =>
        client.follow(find(request), variables as Variables, {
          next(result) {
            if (result.data === null) return result.error && sink.error(result.error);
            return sink.next(responseOf(result));
          },
          error: (error) => sink.error(error),
          complete: () => sink.complete(),
        }),
      ),
  );
}

/** Relay drops an answer without data, so its error is thrown: the app reads its `code`. */
function responseOf({ data, error }: Result<unknown>): GraphQLResponse {
  const isEmpty = data === null || Object.values(data as object).every((field) => field === null);
  if (error && isEmpty) throw error;
  return { data, ...(error && { errors: error.all }) } as GraphQLResponse;
}
