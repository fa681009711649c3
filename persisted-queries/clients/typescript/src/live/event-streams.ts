// Subscriptions as event streams, by graphql-sse: one request for each.
import { createClient } from "graphql-sse";
import type { AnyDocument, Variables } from "../document.js";
import { failed, told, type ServerError, type YousoonError } from "../errors.js";
import { backoffMs } from "../repeats.js";
import { withIds } from "./ids.js";
import { LiveRequest, type LiveHost, type LiveResult, type LiveTransport, type Observer } from "./transport.js";

/** Refusals that pass by themselves, or with a new token. */
const PASSING = new Set([401, 408, 429]);

export function eventStreams(): LiveTransport {
  return (host) => {
    const open = new Set<() => void>();
    return {
      follow(document, variables, observer) {
        const stop = stream(host, document, variables, observer);
        open.add(stop);
        return () => (open.delete(stop), stop());
      },
      close: () => open.forEach((stop) => stop()),
    };
  };
}

function stream(host: LiveHost, document: AnyDocument, variables: Variables, observer: Observer<unknown>): () => void {
  const request = new LiveRequest(document, variables);
  let failures = 0;
  let token: string | null = null;
  let expired = false;
  let refusal: YousoonError | undefined;

  const fetchFn = async (...[input, init]: Parameters<typeof fetch>) => {
    const response = await host.fetch(input, init);
    expired = response.status === 401 && token !== null;
    if (response.ok) return withIds(response, (id) => request.heardUntil(id));
    if (response.status < 500 && !PASSING.has(response.status)) refusal = await refusalOf(response);
    return response;
  };
  const headers = async () => {
    if (expired && token !== null) {
      const error = await host.renew(token);
      // A new one is not refused yet, also if the next connection breaks before it is heard of.
      expired = false;
      if (error?.code === "REFRESH_TOKEN_INVALID") throw failed("SIGNED_OUT", error.message);
    }
    token = await host.access();
    return { ...host.headers(), ...(token !== null && { authorization: `Bearer ${token}` }) };
  };
  const client = createClient({
    url: host.url,
    headers,
    fetchFn,
    retryAttempts: Number.POSITIVE_INFINITY,
    // What it throws ends the subscription.
    retry: async () => {
      if (refusal) throw refusal;
      request.broken();
      await new Promise((resolve) => setTimeout(resolve, backoffMs(failures++)));
    },
    on: { connected: () => (failures = 0) },
  });
  const stop = client.subscribe(request as unknown as Parameters<typeof client.subscribe>[0], {
    next: (result) => request.take(result as LiveResult, observer),
    error: (error) => observer.error?.(isFailure(error) ? error : failed("NO_ANSWER", "the stream ended", { cause: error })),
    complete: () => observer.complete?.(),
  });
  return () => (stop(), client.dispose());
}

function isFailure(error: unknown): error is YousoonError {
  return error instanceof Error && error.name === "YousoonError";
}

async function refusalOf(response: Response): Promise<YousoonError> {
  const { status } = response;
  try {
    const { errors } = (await response.clone().json()) as { errors: readonly ServerError[] };
    return told(errors, { status });
  } catch (cause) {
    return failed("NO_ANSWER", `refused with status ${status}`, { status, cause });
  }
}
