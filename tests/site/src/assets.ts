// What browsers load. Names have a hash of the content, so they may be kept for good.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";

interface Built {
  readonly assets: Readonly<Record<string, { readonly file: string; readonly parts: readonly string[] }>>;
}

const TYPES: Readonly<Record<string, string>> = { js: "text/javascript", css: "text/css", svg: "image/svg+xml" };

export interface Asset {
  readonly body: Buffer;
  readonly type: string;
  readonly etag: string;
}

export class Assets {
  readonly #built: Built;
  readonly #files: ReadonlyMap<string, Asset>;

  constructor(folder: URL) {
    this.#built = JSON.parse(readFileSync(new URL("assets.json", folder), "utf8")) as Built;
    const files = readdirSync(new URL("assets/", folder));
    this.#files = new Map(files.map((name) => [name, assetOf(readFileSync(new URL(`assets/${name}`, folder)), name)]));
  }

  path(name: string): string {
    return `/assets/${this.#built.assets[name]?.file ?? name}`;
  }

  /** What a program loads besides itself. */
  parts(name: string): readonly string[] {
    return (this.#built.assets[name]?.parts ?? []).map((file) => `/assets/${file}`);
  }

  get(file: string): Asset | undefined {
    return this.#files.get(file);
  }
}

function assetOf(body: Buffer, name: string): Asset {
  const type = TYPES[name.split(".").at(-1) ?? ""] ?? "application/octet-stream";
  return { body, type: `${type}; charset=utf-8`, etag: etagOf(body) };
}

export const etagOf = (body: string | Buffer): string => `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`;
