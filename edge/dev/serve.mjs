// Runs the built worker in workerd, through miniflare, on loopback only.
//
//   node edge/dev/serve.mjs --data-dir DIR [--port N] [--bindings JSON] [--bare]
//
// It prints one line to stdout once it listens: {"ready":true,"url":"http://…"}; everything else
// goes to stderr. It ends on SIGTERM, SIGINT, SIGHUP and when a piped stdin closes, so that a parent
// that was killed leaves no workerd behind.
//
// With --bare it runs without miniflare: see bare.mjs.
//
// workerd would survive a miniflare that is killed with SIGKILL. So miniflare runs in a process of
// its own, connected by a pipe: however this process ends, the pipe closes and miniflare stops
// workerd.
import { spawn } from "node:child_process";
import { fstatSync } from "node:fs";
import { fileURLToPath } from "node:url";

const BARE = "--bare";
const given = process.argv.slice(2);
const inner = given.includes(BARE) ? "bare.mjs" : "miniflare.mjs";
const server = spawn(
  process.execPath,
  [fileURLToPath(new URL(inner, import.meta.url)), ...given.filter((one) => one !== BARE)],
  {
    stdio: ["pipe", "inherit", "inherit"],
    // A process group of its own: Ctrl-C, or a kill of our whole group, must not reach workerd
    // before miniflare has stopped it.
    detached: true,
  },
);
server.on("error", (error) => {
  process.stderr.write(`edge: ${error.message}\n`);
  process.exit(1);
});
server.on("exit", (code) => process.exit(code ?? 1));

const stop = () => server.stdin.end();
server.stdin.on("error", () => {});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, stop);

// /dev/null as stdin ends at once, which does not mean that the parent has ended.
const stdin = fstatSync(0);
if (process.stdin.isTTY || stdin.isFIFO() || stdin.isSocket()) {
  process.stdin.on("end", stop).on("error", stop).resume();
}
