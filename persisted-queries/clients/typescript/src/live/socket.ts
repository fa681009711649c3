// Subscriptions over one WebSocket, by graphql-ws.
import { createClient } from "graphql-ws/client";
import { failed, told, type ServerError, type YousoonError } from "../errors.js";
import { backoffMs } from "../repeats.js";
import { LiveRequest, SILENCE_MS, type LiveHost, type LiveResult, type LiveTransport } from "./transport.js";

/** The token is not valid, or the user may not do this. */
const FORBIDDEN = 4403;
/** After so many refusals one after the other, another token does not help. */
const REFUSALS = 3;

export interface WebSocketOptions {
  /** Where there is no global `WebSocket`: Node before 22. */
  readonly implementation?: unknown;
}

export function webSocket({ implementation }: WebSocketOptions = {}): LiveTransport {
  return (host) => {
    const requests = new Set<LiveRequest>();
    const client = socket(host, requests, implementation);
    return {
      follow(document, variables, observer) {
        const request = new LiveRequest(document, variables);
        requests.add(request);
        const stop = client.subscribe(request as unknown as Parameters<typeof client.subscribe>[0], {
          next: (result) => request.take(result as LiveResult, observer),
          error: (error) => (requests.delete(request), observer.error?.(failureOf(error))),
          complete: () => (requests.delete(request), observer.complete?.()),
        });
        return () => (requests.delete(request), stop());
      },
      // It waits for a connection that is being made, which may fail.
      close: () => void Promise.resolve(client.dispose()).catch(() => {}),
    };
  };
}

function socket(host: LiveHost, requests: ReadonlySet<LiveRequest>, implementation: unknown) {
  let token: string | null = null;
  let refused: string | null = null;
  let refusals = 0;
  let isOver = false;
  let silence: ReturnType<typeof setTimeout> | undefined;
  const client = createClient({
    url: host.url.replace(/^http/, "ws"),
    ...(implementation !== undefined && { webSocketImpl: implementation }),
    connectionParams: async () => {
      if (refused !== null) {
        const error = await host.renew(refused);
        refused = null;
        isOver = error?.code === "REFRESH_TOKEN_INVALID";
        if (error) throw error;
      }
      token = await host.access();
      const partner = host.headers()["yousoon-partner"];
      return { ...(token !== null && { authorization: `Bearer ${token}` }), ...(partner && { "yousoon-partner": partner }) };
    },
    retryAttempts: Number.POSITIVE_INFINITY,
    retryWait: (failures) => new Promise((resolve) => setTimeout(resolve, backoffMs(failures))),
    shouldRetry: () => !isOver && refusals < REFUSALS,
    on: {
      connected: () => (refusals = 0),
      message: () => {
        clearTimeout(silence);
        silence = setTimeout(() => client.terminate(), SILENCE_MS);
      },
      closed: (event) => {
        clearTimeout(silence);
        requests.forEach((request) => request.broken());
        if ((event as { code?: number }).code !== FORBIDDEN) return;
        refusals += 1;
        refused = token;
      },
      // The server's ping says up to where everything was sent, for all subscriptions of the connection.
      ping: (received, payload) => {
        const id = payload?.["resumeFrom"];
        if (received && typeof id === "string") requests.forEach((request) => request.heardUntil(id));
      },
    },
  });
  return client;
}

function failureOf(error: unknown): YousoonError {
  if (Array.isArray(error)) return told(error as readonly ServerError[]);
  if (error instanceof Error && error.name === "YousoonError") return error as YousoonError;
  const { code, reason } = (error ?? {}) as { code?: number; reason?: string };
  if (code === FORBIDDEN) return failed("SIGNED_OUT", reason ?? "the token is not valid");
  return failed("NO_ANSWER", reason ?? "the connection ended", { cause: error });
}
