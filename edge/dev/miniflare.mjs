// Runs the built worker in workerd, through miniflare. serve.mjs starts it with its own arguments
// (see there) and a pipe as stdin.
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Log, LogLevel, Miniflare } from "miniflare";
import { switchable } from "./faults.mjs";
import { COMPATIBILITY_DATE, fail, readOptions } from "./options.mjs";

const { host, port, dataDir, buildDir, bindings, given } = readOptions({
  // For tests: replaces KV by one whose every operation fails ("rejects") or never ends ("hangs").
  "kv-fault": { type: "string" },
  // For tests: a file that says which parts of the platform are at fault, and how (faults.mjs).
  faults: { type: "string" },
  // For tests: the Durable Object exists in this jurisdiction only. workerd knows no jurisdictions.
  jurisdiction: { type: "string" },
  // For tests: how many errands of a client the rate limiter admits in a minute, or its fault. Without
  // these there is no rate limiter.
  "rate-limit": { type: "string" },
  "limiter-fault": { type: "string" },
  // For tests: how many seconds the worker's clock is ahead of the machine's. (workerd does not start
  // under libfaketime.)
  "ahead-s": { type: "string", default: "0" },
});

const WORKER = "yousoon-edge";

/** The modules that `cargo xtask build-edge` writes: one bundled ES module and the WASM that it imports. */
function readModules(buildDir, prelude) {
  const read = (name) => {
    try {
      return readFileSync(join(buildDir, name));
    } catch (error) {
      fail(`cannot read ${join(buildDir, name)} (${error.code}): run \`cargo xtask build-edge\` first`);
    }
  };
  return [
    { type: "ESModule", path: "index.js", contents: prelude + clock(given["ahead-s"]) + read("index.js").toString() },
    { type: "CompiledWasm", path: "index_bg.wasm", contents: read("index_bg.wasm") },
  ];
}

/** What a module begins with whose clock is ahead. */
function clock(aheadS) {
  const aheadMs = Number(aheadS) * 1000;
  if (!Number.isInteger(aheadMs)) fail(`--ahead-s ${aheadS} is no number of seconds`);
  return aheadMs === 0 ? "" : `{ const now = Date.now; Date.now = () => now() + ${aheadMs}; }\n`;
}

const FAULTS = {
  rejects: "() => Promise.reject(new Error('it is out of order'))",
  hangs: "() => new Promise(() => {})",
};

/** A worker that takes the place of a binding; the binding's `methods` all have the fault. */
function broken(binding, methods, fault) {
  if (!(fault in FAULTS)) fail(`a fault is one of ${Object.keys(FAULTS).join(", ")}`);
  const name = `broken-${binding}`;
  const all = methods.map((method) => `${method}: broken`).join(", ");
  const contents = `const broken = ${FAULTS[fault]}; export default () => ({ ${all} });`;
  return {
    worker: { wrappedBindings: { [binding]: name } },
    other: { name, modules: [{ type: "ESModule", path: "index.js", contents }] },
  };
}

function kv(fault) {
  if (fault !== undefined) return broken("KV", ["get", "put"], fault);
  return { worker: { kvNamespaces: { KV: "yousoon-edge" } } };
}

function rateLimiter(limit, fault) {
  if (fault !== undefined) return broken("RATE_LIMITER", ["limit"], fault);
  if (limit === undefined) return { worker: {} };
  const simple = { limit: Number(limit), period: 60 };
  return { worker: { ratelimits: { RATE_LIMITER: { simple } } } };
}

/** The binding of the Durable Object: workerd's, or one that knows its objects in one jurisdiction. */
function purgeLog(jurisdiction) {
  const object = { className: "PurgeLog", useSQLite: true };
  if (jurisdiction === undefined) return { worker: { durableObjects: { PURGE_LOG: object } } };
  const contents = `export default (env) => ({
    jurisdiction(name) {
      if (name !== ${JSON.stringify(jurisdiction)}) throw new Error("no object is in " + name);
      return env.OBJECTS;
    },
  });`;
  return {
    // Its own binding makes the class one of Durable Objects.
    worker: { wrappedBindings: { PURGE_LOG: "objects" }, durableObjects: { OBJECTS: object } },
    other: {
      name: "objects",
      modules: [{ type: "ESModule", path: "index.js", contents }],
      durableObjects: { OBJECTS: { ...object, scriptName: WORKER } },
    },
  };
}

const persistIn = (name) => {
  const path = join(dataDir, name);
  mkdirSync(path, { recursive: true });
  return path;
};

// miniflare and workerd log to stdout, but the parent expects only the ready line there.
console.log = console.error;

const bindingsOfParts = [
  kv(given["kv-fault"]),
  purgeLog(given.jurisdiction),
  rateLimiter(given["rate-limit"], given["limiter-fault"]),
];
const { parts, prelude } = given.faults === undefined
  ? { parts: bindingsOfParts, prelude: "" }
  : switchable(bindingsOfParts, given.faults);
const bound = (kind) => Object.assign({}, ...parts.map(({ worker }) => worker[kind] ?? {}));
const miniflare = new Miniflare({
  host,
  port,
  log: new Log(LogLevel.WARN),
  logRequests: false,
  handleRuntimeStdio(stdout, stderr) {
    stdout.pipe(process.stderr, { end: false });
    stderr.pipe(process.stderr, { end: false });
  },
  // Do not download request.cf.
  cf: false,
  telemetry: { enabled: false },
  kvPersist: persistIn("kv"),
  durableObjectsPersist: persistIn("durable-objects"),
  cachePersist: persistIn("cache"),
  workers: [
    {
      name: WORKER,
      // Allow the worker to fetch from loopback addresses only.
      outboundService: { network: { allow: ["local"] } },
      modules: readModules(buildDir, prelude),
      compatibilityDate: COMPATIBILITY_DATE,
      bindings,
      kvNamespaces: bound("kvNamespaces"),
      durableObjects: bound("durableObjects"),
      ratelimits: bound("ratelimits"),
      wrappedBindings: bound("wrappedBindings"),
      serviceBindings: bound("serviceBindings"),
      cache: true,
    },
    ...parts.flatMap(({ other }) => other ?? []),
  ],
});

let stopping = false;
async function stop() {
  if (stopping) return;
  stopping = true;
  // workerd waits for open connections to close. Exit before the parent loses patience.
  setTimeout(() => process.exit(0), 3000).unref();
  await miniflare.dispose();
  process.exit(0);
}

// miniflare's own signal handlers would exit with 130 or 143 before workerd has stopped.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.removeAllListeners(signal);
  process.on(signal, stop);
}
process.stdin.on("end", stop).on("error", stop).resume();

try {
  const url = await miniflare.ready;
  process.stdout.write(`${JSON.stringify({ ready: true, url: url.origin })}\n`);
} catch (error) {
  await miniflare.dispose().catch(() => {});
  fail(
    error.code === "EADDRINUSE" || /address already in use/i.test(error.message)
      ? `port ${port} is in use: stop what listens there or choose another port`
      : error.message,
  );
}
