// Bundles a TypeScript file of this package's tests and runs it.
//
//   node scripts/run.mjs test/sessions.ts ARGUMENTS
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const [file, ...rest] = process.argv.slice(2);
// Within the package, so that what is not bundled is found in node_modules.
mkdirSync(`${root}generated`, { recursive: true });
const folder = mkdtempSync(`${root}generated/run-`);
const outfile = `${folder}/script.mjs`;
process.on("exit", () => rmSync(folder, { recursive: true }));
await build({ absWorkingDir: root, entryPoints: [file], outfile, bundle: true, platform: "node", format: "esm", target: "node20", packages: "external", sourcemap: "inline", logLevel: "error" });
process.argv = [process.argv[0], outfile, ...rest];
process.setSourceMapsEnabled(true);
await import(pathToFileURL(outfile));
