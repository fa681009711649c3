// For tests: puts a switch before each binding of the worker, and before the data centre's cache, so that a
// test can make it fail, hang or lie, and heal again, while the worker runs.
//
// The test writes the faults into a file: {"KV":"hangs","CACHE":"fails"}. A part that is not named works.
// Every operation of a part asks first which fault it has. The faults:
//
//   fails      every operation is rejected
//   hangs      no operation ends
//   nonsense   reads give something else than what was written
//   future     the purge log's times are an hour ahead (PURGE_LOG, CACHE)
//   foreign    reads give the value of another key of the same kind (KV)
//   truncated  the last bytes of values are missing (KV)
//   version    values are of another version (KV)
//
// It also tells how much memory the worker's WASM has, at each write to the data centre's cache: in a file
// beside that of the faults whose name ends with .memory.
//
// A value that is written while KV lies is read as it was written: so a test sees that it was mended.
import { readFileSync, writeFileSync } from "node:fs";

/** The service binding by which the worker's side asks for a part's fault. */
const SWITCH = "FAULTS";

const SHARED = `
const faultOf = async (env, part) => (await env.${SWITCH}.fetch("http://faults/" + part)).text();
const broken = (fault) => {
  if (fault === "fails") throw new Error("it is out of order");
  if (fault === "hangs") return new Promise(() => {});
};
const HOUR_MS = 3_600_000;
const ahead = (text) => {
  const message = JSON.parse(text);
  for (const name of ["confirmed_at_ms", "read_at_ms"]) if (name in message) message[name] += HOUR_MS;
  return JSON.stringify(message);
};
/** What a lying part answers in place of a response. */
const lied = async (fault, response) => {
  if (response === undefined) return response;
  if (fault === "nonsense") return new Response("<html>", response);
  if (fault === "future" && response.status === 200) return new Response(ahead(await response.text()), response);
  return response;
};
`;

const KV = `${SHARED}
const known = new Set();
const mended = new Set();
const kindOf = (key) => key.split(":")[0];
const changed = (value, type, change) => type === "text" ? change(value) : change(new Uint8Array(value).slice());
const truncated = (value, type) => changed(value, type, (all) => type === "text" ? all.slice(0, -9) : all.slice(0, -9).buffer);
const otherVersion = (value, type) => changed(value, type, (all) => {
  if (type === "text") return JSON.stringify({ version: 99, record: all });
  all[2] = 99;
  return all.buffer;
});
export default (env) => ({
  async get(key, type) {
    const fault = await faultOf(env, "KV");
    await broken(fault);
    if (fault === "") mended.clear();
    const value = await env.REAL.get(key, type);
    if (value !== null) known.add(key);
    if (fault === "" || value === null || mended.has(key)) return value;
    if (fault === "truncated") return truncated(value, type);
    if (fault === "version") return otherVersion(value, type);
    if (fault === "nonsense") return type === "text" ? "<html>" : new TextEncoder().encode("<html>").buffer;
    for (const other of known) {
      if (other !== key && kindOf(other) === kindOf(key)) return env.REAL.get(other, type);
    }
    return value;
  },
  async put(key, value, options) {
    const fault = await faultOf(env, "KV");
    await broken(fault);
    known.add(key);
    if (fault !== "") mended.add(key);
    return env.REAL.put(key, value, options);
  },
});`;

// The origins' appends arrive: what isolates read is at fault.
const PURGE_LOG = `${SHARED}
export default (env) => ({
  getByName(name) {
    const stub = env.REAL.getByName(name);
    return {
      async fetch(...request) {
        const url = typeof request[0] === "string" ? request[0] : request[0].url;
        if (url.endsWith("/append")) return stub.fetch(...request);
        const fault = await faultOf(env, "PURGE_LOG");
        await broken(fault);
        return lied(fault, await stub.fetch(...request));
      },
    };
  },
});`;

const RATE_LIMITER = `${SHARED}
export default (env) => ({
  async limit(options) {
    const fault = await faultOf(env, "RATE_LIMITER");
    await broken(fault);
    return fault === "nonsense" ? {} : env.REAL.limit(options);
  },
});`;

/** Replaces the data centre's cache, which is a global and no binding. */
const CACHE = `
import { env as faultyEnv } from "cloudflare:workers";
{
  ${SHARED}
  // The worker's memory is that of its last instance: a panic begins a new one.
  let instance;
  const Instance = WebAssembly.Instance;
  WebAssembly.Instance = class extends Instance {
    constructor(...parts) {
      super(...parts);
      instance = this;
    }
  };
  const bytes = () => instance.exports.memory.buffer.byteLength;
  const real = caches.default;
  const faulty = {
    async match(...request) {
      const fault = await faultOf(faultyEnv, "CACHE");
      await broken(fault);
      return lied(fault, await real.match(...request));
    },
    async put(...entry) {
      await broken(await faultOf(faultyEnv, "CACHE"));
      await faultOf(faultyEnv, "MEMORY/" + bytes());
      return real.put(...entry);
    },
  };
  Object.defineProperty(globalThis, "caches", { value: { default: faulty } });
}
`;

/** Reads the file of faults at each question: a test may have changed it. */
const service = (file) => (request) => {
  const part = new URL(request.url).pathname.slice(1);
  if (part.startsWith("MEMORY/")) {
    writeFileSync(file.replace(/json$/, "memory"), part.slice("MEMORY/".length));
    return new Response("");
  }
  let faults = {};
  try {
    faults = JSON.parse(readFileSync(file, "utf8"));
  } catch {
    // Not written yet.
  }
  return new Response(faults[part] ?? "");
};

/**
 * Puts a switch before the bindings in `parts`, which are as in miniflare.mjs.
 * Gives the parts in their place, and what precedes the worker's code.
 */
export function switchable(parts, file) {
  const scripts = { KV, PURGE_LOG, RATE_LIMITER };
  const serviceBindings = { [SWITCH]: service(file) };
  const kinds = ["kvNamespaces", "durableObjects", "ratelimits"];
  const behind = parts.map((part) => {
    const kind = kinds.find((kind) => part.worker[kind] !== undefined);
    if (kind === undefined) return part;
    const [[binding, real]] = Object.entries(part.worker[kind]);
    const name = `switch-${binding}`;
    const worker = { wrappedBindings: { [binding]: name } };
    let inner = real;
    if (kind === "durableObjects") {
      // Its own binding makes the class one of Durable Objects.
      worker.durableObjects = { OBJECTS: real };
      inner = { ...real, scriptName: "yousoon-edge" };
    }
    const modules = [{ type: "ESModule", path: "index.js", contents: scripts[binding] }];
    return { worker, other: { name, modules, serviceBindings, [kind]: { REAL: inner } } };
  });
  return { parts: [...behind, { worker: { serviceBindings } }], prelude: CACHE };
}
