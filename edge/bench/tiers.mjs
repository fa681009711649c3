// Measures a hit by the tier that it comes from, in workerd: the isolate's memory, KV, and the cache of the data
// centre (Cache API). The worker does nothing else. For decision 13.
//
//   node edge/bench/tiers.mjs [--seconds N] [--rounds N] [--connections N]
//
// It needs wrk. miniflare stands in for KV and for the cache with an object over SQLite each, on this machine:
// the figures compare what workerd itself does, not Cloudflare's network.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Log, LogLevel, Miniflare } from "miniflare";
import { COMPATIBILITY_DATE } from "../dev/options.mjs";
import { body } from "./workload.mjs";

const { values: options } = parseArgs({
  options: {
    seconds: { type: "string", default: "5" },
    rounds: { type: "string", default: "3" },
    connections: { type: "string", default: "16" },
  },
});

const KEYS = 200;
const TIERS = ["memory", "cache", "kv"];

const contents = `
const memory = new Map();
const address = (key) => "https://tiers.invalid/" + key;
export default {
  async fetch(request, env) {
    const { pathname, searchParams } = new URL(request.url);
    const key = searchParams.get("key");
    if (pathname === "/fill") {
      const text = await request.text();
      memory.set(key, text);
      await env.KV.put(key, text, { metadata: { etag: "x" } });
      const headers = { "cache-control": "max-age=86400" };
      await caches.default.put(address(key), new Response(text, { headers }));
      return new Response("filled");
    }
    if (pathname === "/memory") return new Response(memory.get(key));
    if (pathname === "/kv") {
      const { value } = await env.KV.getWithMetadata(key, { type: "text" });
      return new Response(value);
    }
    const found = await caches.default.match(address(key));
    return found === undefined ? new Response("none", { status: 404 }) : new Response(await found.text());
  },
};`;

const dir = mkdtempSync(join(tmpdir(), "tiers-"));
const miniflare = new Miniflare({
  host: "127.0.0.1",
  port: 0,
  log: new Log(LogLevel.WARN),
  logRequests: false,
  cf: false,
  telemetry: { enabled: false },
  modules: [{ type: "ESModule", path: "index.js", contents }],
  compatibilityDate: COMPATIBILITY_DATE,
  kvNamespaces: { KV: "tiers" },
  kvPersist: join(dir, "kv"),
  cachePersist: join(dir, "cache"),
});

function wrk(url, tier) {
  const script = join(dir, "keys.lua");
  writeFileSync(script, `local n = 0
request = function()
  n = (n + 7) % ${KEYS}
  return wrk.format("GET", "/${tier}?key=" .. n)
end
done = function(summary, latency)
  io.write(string.format("figures %d %d %d %d\\n", summary.requests / summary.duration * 1e6,
    latency:percentile(50), latency:percentile(99), summary.errors.status))
end`);
  const given = ["-t1", `-c${options.connections}`, `-d${options.seconds}s`, "--latency", "-s", script, url.href];
  const { stdout } = spawnSync("wrk", given, { encoding: "utf8" });
  const [, persecond, p50, p99, failed] = stdout.match(/figures (\d+) (\d+) (\d+) (\d+)/).map(Number);
  if (failed > 0) throw new Error(`${failed} answers of ${tier} were no hits`);
  return { persecond, p50, p99 };
}

const url = await miniflare.ready;
for (let key = 0; key < KEYS; key += 1) {
  const filled = await fetch(new URL(`/fill?key=${key}`, url), { method: "POST", body });
  if (!filled.ok) throw new Error(`cannot fill: ${filled.status}`);
}
const runs = Object.fromEntries(TIERS.map((tier) => [tier, []]));
for (let round = 0; round < Number(options.rounds); round += 1) {
  for (const tier of TIERS) runs[tier].push(wrk(url, tier));
}
const middle = (all, what) => all.map((run) => run[what]).sort((a, b) => a - b)[Math.floor(all.length / 2)];
console.log(`answers of ${body.length} bytes, ${options.connections} connections; medians of ${options.rounds} rounds`);
console.log("tier     hits a second   p50 ms   p99 ms");
for (const tier of TIERS) {
  const [persecond, p50, p99] = ["persecond", "p50", "p99"].map((what) => middle(runs[tier], what));
  const ms = (us) => (us / 1000).toFixed(2).padStart(8);
  console.log(`${tier.padEnd(8)} ${String(persecond).padStart(13)} ${ms(p50)} ${ms(p99)}`);
}
await miniflare.dispose();
rmSync(dir, { recursive: true });
