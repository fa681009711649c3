// Files that are made of others: written, or compared with what is there.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const ours = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** A file of the repository. */
export const readFromRoot = (path) => readFileSync(ours(`../../../${path}`), "utf8");

/** Writes the file; with `--check` fails if it is another one. */
export function keepOrCheck(path, text) {
  if (!process.argv.includes("--check")) return writeFileSync(ours(path), text);
  if (readFileSync(ours(path), "utf8") === text) return undefined;
  console.error(`${path} is not what its source says: run \`npm run generate\``);
  return process.exit(1);
}
