// A proxy between the clients and the edge that loses answers, resets connections, delays, refuses, and cuts streams.
// It takes half of the POSTs to the origin itself, as if they came there through another isolate: an isolate learns of
// the writes that it forwards, and what a client demands would make no difference.
import { createServer, request, type IncomingMessage } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";

/** How many of 100 requests meet each fault. */
const CHANCES = { lost: 12, reset: 6, overloaded: 4, late: 10 };
export type Fault = keyof typeof CHANCES;
/** Streams and sockets are cut after up to this many milliseconds. */
const CUT_WITHIN_MS = 1_500;
const OVERLOADED = JSON.stringify({ errors: [{ message: "busy", extensions: { code: "OVERLOADED" } }] });

export interface Faults {
  readonly url: string;
  readonly counts: Record<Fault | "cut" | "passed", number>;
  close(): void;
}

/** `/<any name>/graphql` leads to the edge's `/graphql`, so that each browser has an address of its own. */
export async function faultsBefore(servers: { url: string; origin: string; lost?: number }, random: () => number): Promise<Faults> {
  const chances = { ...CHANCES, lost: servers.lost ?? CHANCES.lost };
  const counts = { lost: 0, reset: 0, overloaded: 0, late: 0, cut: 0, passed: 0 };
  const [edge, origin] = [new URL(servers.url), new URL(servers.origin)];
  const pathOf = ({ url = "/" }: IncomingMessage) => url.replace(/^\/[^/]+/, "");
  const open = new Set<Socket>();
  const cutLater = (socket: Socket) =>
    setTimeout(() => socket.destroyed || ((counts.cut += 1), socket.resetAndDestroy()), 200 + random() * CUT_WITHIN_MS);

  const server = createServer((incoming, outgoing) => {
    const fault = drawn(chances, random);
    if (fault) counts[fault] += 1;
    else counts.passed += 1;
    if (fault === "reset") return incoming.socket.resetAndDestroy();
    if (fault === "overloaded") return outgoing.writeHead(503, { "content-type": "application/json" }).end(OVERLOADED);
    const { method, headers } = incoming;
    const isStream = headers.accept?.includes("text/event-stream") === true;
    const target = method === "POST" && !isStream && random() < 0.5 ? origin : edge;
    const pass = () => {
      const passed = request({ host: target.hostname, port: target.port, path: pathOf(incoming), method, headers }, (answer) => {
        // The whole answer came, and the client hears nothing of it.
        if (fault === "lost" && !isStream) return answer.resume().on("end", () => incoming.socket.resetAndDestroy());
        if (isStream) cutLater(incoming.socket);
        return answer.on("error", () => incoming.socket.destroy()).pipe(outgoing.writeHead(answer.statusCode ?? 502, answer.headers));
      });
      passed.on("error", () => incoming.socket.destroy());
      outgoing.on("close", () => passed.destroy());
      incoming.pipe(passed);
    };
    return fault === "late" ? setTimeout(pass, random() * 300) : pass();
  });
  server.on("connection", (socket) => (open.add(socket), socket.on("close", () => open.delete(socket)).on("error", () => {})));
  server.on("upgrade", (incoming, socket, head) => {
    const edgeSocket = connect(Number(edge.port), edge.hostname, () => {
      const lines = [`GET ${pathOf(incoming)} HTTP/1.1`];
      for (let at = 0; at < incoming.rawHeaders.length; at += 2) lines.push(`${incoming.rawHeaders[at]}: ${incoming.rawHeaders[at + 1]}`);
      edgeSocket.write(`${lines.join("\r\n")}\r\n\r\n`);
      edgeSocket.write(head);
      socket.pipe(edgeSocket).pipe(socket);
      cutLater(socket as Socket);
    });
    edgeSocket.on("error", () => socket.destroy()).on("close", () => socket.destroy());
    socket.on("error", () => {}).on("close", () => edgeSocket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, counts, close: () => (server.close(), open.forEach((socket) => socket.destroy())) };
}

function drawn(chances: Record<Fault, number>, random: () => number): Fault | undefined {
  let left = random() * 100;
  for (const [fault, chance] of Object.entries(chances) as [Fault, number][]) {
    left -= chance;
    if (left < 0) return fault;
  }
  return undefined;
}

/** Random numbers that a seed repeats (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
