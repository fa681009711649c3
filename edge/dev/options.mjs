// The options of all that runs the built worker.
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

/** The version of the runtime's behaviour; the same as in edge/worker/wrangler.jsonc. */
export const COMPATIBILITY_DATE = "2026-04-01";

const here = dirname(fileURLToPath(import.meta.url));

export function fail(message) {
  process.stderr.write(`edge: ${message}\n`);
  process.exit(1);
}

function parseBindings(json) {
  try {
    return JSON.parse(json);
  } catch (error) {
    fail(`--bindings is not JSON: ${error.message}`);
  }
}

/** Reads the usual options, and `more` of them into `given`; a wrong one ends the process. */
export function readOptions(more = {}) {
  const { values } = parseArgs({
    options: {
      host: { type: "string", default: "127.0.0.1" },
      // 0 lets the system choose a free port.
      port: { type: "string", default: "8787" },
      "data-dir": { type: "string" },
      "build-dir": {
        type: "string",
        default: process.env.EDGE_BUILD_DIR ?? join(here, "../worker/build"),
      },
      // Plain-text bindings as JSON. EDGE_BINDINGS holds the same, but does not show up in the list
      // of processes, which matters for secrets.
      bindings: { type: "string", default: process.env.EDGE_BINDINGS ?? "{}" },
      ...more,
    },
  });
  if (!values["data-dir"]) fail("--data-dir is required");
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    fail(`--port ${values.port} is not a port`);
  }
  return {
    host: values.host,
    port,
    dataDir: resolve(values["data-dir"]),
    buildDir: resolve(values["build-dir"]),
    bindings: parseBindings(values.bindings),
    given: values,
  };
}
