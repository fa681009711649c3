// Prints how large the client is in an app's bundle, minified and gzipped.
//
//   node scripts/size.mjs [--check]     --check fails if README.md says otherwise
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const CLIENT = `export { createYousoonClient, browserTokens } from "./src/index.js";`;
const PARTS = {
  "the client": CLIENT,
  "the client, event streams": `${CLIENT} export { eventStreams } from "./src/live/index.js";`,
  "the client, WebSocket": `${CLIENT} export { webSocket } from "./src/live/index.js";`,
  "Apollo's link": `export { yousoonLink } from "./src/adapters/apollo.js";`,
  "urql's exchange": `export { yousoonExchange } from "./src/adapters/urql.js";`,
  "Relay's network": `export { yousoonNetwork } from "./src/adapters/relay.js";`,
};
/** What an app that uses an adapter has anyway. */
const external = ["@apollo/client", "@urql/core", "wonka", "relay-runtime"];

async function kilobytes(contents) {
  const stdin = { contents, resolveDir: root, loader: "ts" };
  const options = { stdin, bundle: true, minify: true, write: false, format: "esm", platform: "browser", target: "es2022", external };
  const { outputFiles } = await build(options);
  const bytes = outputFiles[0].contents;
  return [bytes.length, gzipSync(bytes, { level: 9 }).length].map((size) => (size / 1_000).toFixed(1));
}

const readme = readFileSync(`${root}README.md`, "utf8");
let differs = false;
for (const [name, contents] of Object.entries(PARTS)) {
  const [minified, gzipped] = await kilobytes(contents);
  console.log(`| ${name} | ${minified} kB | ${gzipped} kB |`);
  const [, ...said] = new RegExp(`^\\| ${name} \\| ([\\d.]+) kB \\| ([\\d.]+) kB \\|$`, "m").exec(readme) ?? [];
  // Versions of zlib pack a little differently.
  differs ||= ![minified, gzipped].every((size, at) => Math.abs(size - said[at]) < 0.25);
}
if (differs && process.argv.includes("--check")) {
  console.error("README.md says other sizes: copy the lines above into it");
  process.exit(1);
}
