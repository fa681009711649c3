// A minimal origin for the benchmark: it serves the one document and its answer, and sends
// heartbeats of the purge log, without which the edges would not trust their caches.
//
//   EDGE_SECRET=HEX node edge/bench/origin.mjs --port N --edge URL [--edge URL] [--exact]
//
// With --exact it has candidates, of which the edge makes the lists.
import { createHash, createHmac } from "node:crypto";
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { parseArgs } from "node:util";
import { candidatesAnswer, document as fixedDocument, exactDocument, fixedAnswer } from "./workload.mjs";

const LOG = "00112233445566778899aabbccddeeff";
const HEARTBEAT_MS = 500;

const { values: options } = parseArgs({
  options: {
    port: { type: "string" },
    edge: { type: "string", multiple: true, default: [] },
    exact: { type: "boolean", default: false },
  },
});
const document = options.exact ? exactDocument : fixedDocument;
const secret = Buffer.from(process.env.EDGE_SECRET ?? "", "hex");

/** The same signature as in edge/core/src/signature.rs. */
function sign(context, atMs, bytes) {
  const u64 = (value) => {
    const buffer = Buffer.alloc(8);
    buffer.writeBigUInt64LE(BigInt(value));
    return buffer;
  };
  const digest = createHmac("sha256", secret)
    .update(u64(Buffer.byteLength(context)))
    .update(context)
    .update(u64(atMs))
    .update(bytes)
    .digest("hex");
  return `t=${atMs},v1=${digest}`;
}

async function heartbeat(edge) {
  const sentAtMs = Date.now();
  const append = JSON.stringify({
    log: LOG,
    horizon: 0,
    after: 0,
    records: [],
    head: 0,
    sent_at_ms: sentAtMs,
  });
  // The announcement of the body is what is signed, as in edge/core/src/announced.rs.
  const sha256 = createHash("sha256").update(append).digest("hex");
  const announcement = `${Buffer.byteLength(append)};${sha256}`;
  const answer = await fetch(`${edge}/_yousoon/purge-log`, {
    method: "POST",
    headers: {
      "yousoon-body": announcement,
      "yousoon-signature": sign("purge-log", sentAtMs, announcement),
    },
    body: append,
  });
  if (answer.status !== 200) console.error(`${edge} answers a heartbeat with ${answer.status}`);
  await answer.arrayBuffer();
}

/** Sends heartbeats one after the other, so that a busy edge does not get several at once. */
async function keepAlive(edge) {
  for (;;) {
    // The first ones fail, because the edges start after this process.
    await heartbeat(edge).catch((error) => console.error(`${edge}: ${error.cause ?? error}`));
    await new Promise((resolve) => setTimeout(resolve, HEARTBEAT_MS));
  }
}

async function answerTo(request) {
  const { variables } = JSON.parse(await text(request));
  const answer = request.headers["yousoon-candidates"] === undefined ? fixedAnswer : candidatesAnswer;
  return answer(variables.location);
}

const server = createServer(async (request, response) => {
  if (request.method === "POST" && request.url === "/graphql") {
    const body = await answerTo(request);
    response.writeHead(200, {
      "content-type": "application/graphql-response+json; charset=utf-8",
      "cache-control": "public, max-age=3600",
      "cache-tag": "offer:1,offer:2,partner:1",
      "yousoon-as-of": `${LOG}:0`,
    });
    response.end(body);
  } else if (request.url === `/internal/documents/${document.id}`) {
    response.writeHead(200, { "content-type": "application/json", "yousoon-as-of": `${LOG}:0` });
    response.end(JSON.stringify(document));
  } else {
    response.writeHead(request.url === "/readyz" ? 200 : 404);
    response.end();
  }
});

process.stdin.on("end", () => process.exit(0)).resume();
server.listen(Number(options.port), "127.0.0.1", () => options.edge.forEach(keepAlive));
