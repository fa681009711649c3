// Runs the built worker in workerd alone, for load tests: serve.mjs --bare starts it with its own
// arguments and a pipe as stdin.
//
// Miniflare sends each request through a worker of its own and keeps KV in a third one, all in
// workerd's one thread: a load test would measure them. And workerd sizes its young generation by the
// machine's memory; with gigabytes it collects seldom, and then stops for 200 ms. At Cloudflare an
// isolate has 128 MB.
import { spawn } from "node:child_process";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import workerd from "workerd";
import { start as startKv } from "./kv.mjs";
import { COMPATIBILITY_DATE, fail, readOptions } from "./options.mjs";

const { host, port, dataDir, buildDir, bindings } = readOptions();

/** In MB: what V8 takes for a heap of 128 MB. */
const SEMI_SPACE = 1;

const text = JSON.stringify;

const config = (kv, address) => `
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "edge", worker = (
      modules = [
        (name = "index.js", esModule = embed "index.js"),
        (name = "index_bg.wasm", wasm = embed "index_bg.wasm"),
      ],
      compatibilityDate = ${text(COMPATIBILITY_DATE)},
      bindings = [
        ${Object.entries(bindings).map(([name, value]) => `(name = ${text(name)}, text = ${text(value)}),`).join("\n        ")}
        (name = "KV", kvNamespace = "kv"),
        (name = "PURGE_LOG", durableObjectNamespace = "PurgeLog"),
      ],
      durableObjectNamespaces = [(className = "PurgeLog", uniqueKey = "purge-log", enableSql = true)],
      durableObjectStorage = (localDisk = "objects"),
      globalOutbound = "loopback",
    )),
    (name = "kv", external = (address = ${text(kv)}, http = ())),
    # The worker may fetch from loopback addresses only.
    (name = "loopback", network = (allow = ["local"])),
    (name = "objects", disk = (path = ${text(join(dataDir, "objects"))}, writable = true)),
  ],
  sockets = [(name = "http", address = ${text(address)}, http = (), service = "edge")],
  v8Flags = ["--max-semi-space-size=${SEMI_SPACE}"],
);
`;

mkdirSync(join(dataDir, "objects"), { recursive: true });
for (const module of ["index.js", "index_bg.wasm"]) {
  copyFileSync(join(buildDir, module), join(dataDir, module));
}
const file = join(dataDir, "workerd.capnp");
const address = `${host}:${port}`;
// The bindings have secrets in them.
writeFileSync(file, config(await startKv(), address), { mode: 0o600 });

const runtime = spawn(workerd.default, ["serve", "--experimental", file], {
  stdio: ["ignore", process.stderr, process.stderr],
});
runtime.on("error", (error) => fail(error.message));
runtime.on("exit", (code) => process.exit(code ?? 1));

const stop = () => runtime.kill();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, stop);
process.stdin.on("end", stop).on("error", stop).resume();
