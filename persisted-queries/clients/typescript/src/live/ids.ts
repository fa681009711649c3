// graphql-sse passes on no `id:` of events without data, which the server sends to keep a stream alive: a client that
// heard nothing for long goes on after the last of them. And it waits for ever on a connection that is dead without
// having been closed.
import { SILENCE_MS } from "./transport.js";

/** The same response; `heard` is told the ids of events without data. It fails when it is silent for too long. */
export function withIds(response: Response, heard: (id: string) => void): Response {
  if (!response.body) return response;
  const decoder = new TextDecoder();
  let rest = "";
  let id: string | undefined;
  let hasData = false;
  const line = (text: string) => {
    if (text.startsWith("id:")) id = text.slice(3).trim();
    else if (text.startsWith("data:")) hasData = true;
    else if (text === "") {
      const silent = hasData ? undefined : id;
      // Not before the subscriber has heard what came before it.
      if (silent !== undefined) setTimeout(() => heard(silent));
      [id, hasData] = [undefined, false];
    }
  };
  let timer: ReturnType<typeof setTimeout> | undefined;
  const watch = (controller: TransformStreamDefaultController<Uint8Array>) => {
    clearTimeout(timer);
    timer = setTimeout(() => controller.error(new Error("the stream is silent")), SILENCE_MS);
  };
  const reader = new TransformStream<Uint8Array, Uint8Array>(
    {
      start: watch,
      flush: () => clearTimeout(timer),
      transform(chunk, controller) {
        watch(controller);
        const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
        rest = lines.pop() ?? "";
        for (const text of lines) line(text.replace(/\r$/, ""));
        controller.enqueue(chunk);
      },
    },
    undefined,
    // Nothing is read ahead of who reads: a stream that fails would lose it.
    { highWaterMark: 0 },
  );
  const { status, statusText, headers } = response;
  return new Response(response.body.pipeThrough(reader), { status, statusText, headers });
}
