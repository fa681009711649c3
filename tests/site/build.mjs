// Builds the site into `build/`: the documents of three clients as TypeScript, the server, and what browsers load.
//
//   PQ_BIN=target/debug/pq node build.mjs [--documents-only]
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));
const root = fileURLToPath(new URL("../..", import.meta.url));
const clientFolder = `${root}persisted-queries/clients/typescript`;
/** The folder of documents, and the file that they become. */
const DOCUMENTS = { site: "site", mobile: "guest", partner: "venue" };

const pq = process.env["PQ_BIN"];
if (!pq) {
  console.error("error: PQ_BIN is not set: it names the program `pq`, such as target/debug/pq");
  process.exit(2);
}
mkdirSync(`${here}generated`, { recursive: true });
for (const [client, name] of Object.entries(DOCUMENTS)) {
  const manifest = `${here}generated/${name}.json`;
  const [operations, schema] = [`${root}persisted-queries/operations/${client}`, `${root}docs/schema.graphql`];
  run(pq, ["build", "--client", client, "--operations", operations, "--schema", schema, "--out", manifest], here);
  const env = { YOUSOON_MANIFEST: manifest, YOUSOON_CLIENT: client, YOUSOON_DOCUMENTS: `${here}generated/${name}.ts` };
  run("npm", ["run", "--silent", "documents"], clientFolder, env);
}
if (process.argv.includes("--documents-only")) process.exit(0);

rmSync(`${here}build`, { recursive: true, force: true });
const common = { absWorkingDir: here, bundle: true, minify: true, format: "esm", logLevel: "error", legalComments: "none", write: true };
await build({ ...common, entryPoints: ["src/server.ts"], outfile: "build/server.mjs", platform: "node", target: "node20", minify: false });
const { metafile } = await build({
  ...common,
  entryPoints: ["src/browser/guest.ts", "src/browser/venue.ts", "src/browser/search.ts", "src/style.css", "src/icon.svg"],
  loader: { ".svg": "copy" },
  outdir: "build/assets",
  entryNames: "[name]-[hash]",
  chunkNames: "part-[hash]",
  splitting: true,
  platform: "browser",
  target: "es2022",
  metafile: true,
});
// By which name a page asks for each, and the parts that it loads as well.
const assets = {};
for (const [path, { entryPoint, imports }] of Object.entries(metafile.outputs)) {
  if (!entryPoint && !path.endsWith(".svg")) continue;
  const name = basename(entryPoint ?? "icon.svg").replace(/\.ts$/, "");
  assets[name] = { file: basename(path), parts: imports.filter(({ kind }) => kind === "import-statement").map((one) => basename(one.path)) };
}
writeFileSync(`${here}build/assets.json`, JSON.stringify({ assets }));

function run(program, args, cwd, env = {}) {
  execFileSync(program, args, { cwd, env: { ...process.env, ...env }, stdio: ["ignore", "ignore", "inherit"] });
}
