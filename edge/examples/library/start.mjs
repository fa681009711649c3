// Starts the API and the edge before it on this machine; Ctrl-C ends both.
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const API_URL = "http://127.0.0.1:4000";
const EDGE_URL = "http://127.0.0.1:8787";
const EDGE_SECRET = randomBytes(32).toString("hex");
const file = (path) => fileURLToPath(new URL(path, import.meta.url));
const dataDir = mkdtempSync(join(tmpdir(), "library-edge-"));

function start(name, script, args, variables) {
  const child = spawn(process.execPath, [file(script), ...args], {
    env: { ...process.env, ...variables },
    stdio: ["pipe", "pipe", "inherit"],
  });
  child.on("exit", (code) => console.log(`${name} ended (${code ?? "by a signal"})`));
  return child;
}

const { port } = new URL(EDGE_URL);
const edge = start("the edge", "../../dev/serve.mjs", ["--data-dir", dataDir, "--port", port], {
  EDGE_BINDINGS: JSON.stringify({ ORIGIN_URL: API_URL, EDGE_SECRET }),
});
edge.on("exit", () => rmSync(dataDir, { recursive: true, force: true }));
// Its first line says that it listens.
edge.stdout.once("data", () => {
  const api = start("the API", "server.mjs", [], { PORT: new URL(API_URL).port, EDGE_URL, EDGE_SECRET });
  edge.on("exit", () => api.kill());
  console.log(`the edge: ${EDGE_URL}/graphql (the API: ${API_URL}, process ${api.pid})`);
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => edge.stdin.end());
