// Runs the peer worker in workerd, with the same settings as edge/dev/serve.mjs uses for the edge.
// It stores every answer of the benchmark in KV, and then prints "ready" to stderr.
//
//   node edge/bench/peer.mjs --data-dir DIR --port N [--memory]
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { Log, LogLevel, Miniflare } from "miniflare";
import { COMPATIBILITY_DATE } from "../dev/options.mjs";
import { document, fixedAnswer, variableSets } from "./workload.mjs";

const { values: options } = parseArgs({
  options: {
    "data-dir": { type: "string" },
    port: { type: "string" },
    memory: { type: "boolean", default: false },
  },
});

const miniflare = new Miniflare({
  name: "peer",
  host: "127.0.0.1",
  port: Number(options.port),
  log: new Log(LogLevel.WARN),
  logRequests: false,
  cf: false,
  telemetry: { enabled: false },
  modules: [
    {
      type: "ESModule",
      path: "index.js",
      contents: readFileSync(new URL("peer-worker.mjs", import.meta.url)).toString(),
    },
  ],
  compatibilityDate: COMPATIBILITY_DATE,
  bindings: { MEMORY: options.memory ? "on" : "off" },
  kvNamespaces: { KV: "peer" },
  kvPersist: join(resolve(options["data-dir"]), "kv"),
});

const stop = () => miniflare.dispose().finally(() => process.exit(0));
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.removeAllListeners(signal);
  process.on(signal, stop);
}
process.stdin.on("end", stop).resume();

await miniflare.ready;
const kv = await miniflare.getKVNamespace("KV");
for (const variables of variableSets) {
  const body = fixedAnswer(variables.location);
  const etag = `"${createHash("sha256").update(body).digest("hex").slice(0, 32)}"`;
  await kv.put(`${document.id}:${JSON.stringify(variables)}`, body, { metadata: { etag } });
}
console.error("ready");
