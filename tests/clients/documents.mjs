// The app's published documents: their texts, and the hashes under which they were published.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { buildSchema, parse } from "graphql";

const read = (path) => readFileSync(fileURLToPath(new URL(path, import.meta.url)), "utf8");
/** Its text, whose bytes have the hash. */
export const text = (name) => read(`../../persisted-queries/operations/mobile/${name}.graphql`);

/** The document with this name, parsed. */
export const document = (name) => parse(text(name), { noLocation: true });

/** The hash of the file's bytes, as `pq build` publishes it. */
export const hash = (name) => createHash("sha256").update(text(name)).digest("hex");

export const schema = () => buildSchema(read("../../docs/schema.graphql"));
