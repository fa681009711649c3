// sitemap.xml, in files of at most 50,000 addresses (sitemaps.org), made of the API's list of pages.
import * as generated from "../generated/site.js";
import type { Api } from "./api.js";
import { escaped } from "./html.js";

const FOLDERS: Readonly<Record<string, string>> = { PARTNER: "partners", ESTABLISHMENT: "places", OFFER: "offers", CITY: "cities" };
const A_FILE = 50_000;
const A_PAGE = 1_000;
/** The API's list is as old as that. */
const KEPT_MS = 3_600_000;
/** Pages of the list may be empty, but there is an end. */
const MOST_PAGES = 5_000;

interface Entry {
  readonly path: string;
  readonly updatedAt: string | null;
}

export class Sitemap {
  readonly #api: Api;
  readonly #site: string;
  #kept: { readonly at: number; readonly entries: Promise<readonly Entry[]> } | null = null;

  constructor(api: Api, site: string) {
    this.#api = api;
    this.#site = site;
  }

  /** `/sitemap.xml`, and if there are too many addresses for one file, those that it names. */
  async file(path: string): Promise<string | null> {
    const number = /^\/sitemap(?:-([1-9][0-9]{0,3}))?\.xml$/.exec(path);
    if (!number) return null;
    const entries = await this.#entries();
    const files = Math.ceil(entries.length / A_FILE);
    if (number[1] === undefined) return files > 1 ? this.#index(files) : this.#urls(entries);
    const from = (Number(number[1]) - 1) * A_FILE;
    return files > 1 && from < entries.length ? this.#urls(entries.slice(from, from + A_FILE)) : null;
  }

  /** Many that ask at once wait for one walk through the list; one that failed is not kept. */
  #entries(): Promise<readonly Entry[]> {
    if (this.#kept && Date.now() - this.#kept.at < KEPT_MS) return this.#kept.entries;
    const kept = { at: Date.now(), entries: this.#walked() };
    this.#kept = kept;
    kept.entries.catch(() => {
      if (this.#kept === kept) this.#kept = null;
    });
    return kept.entries;
  }

  async #walked(): Promise<readonly Entry[]> {
    const entries: Entry[] = [];
    let after: string | null = null;
    for (let pages = 0; pages < MOST_PAGES; pages += 1) {
      const { sitemap }: generated.SitemapQuery = await this.#api.read(generated.Sitemap, { first: A_PAGE, after });
      for (const { node } of sitemap.edges) {
        const folder = FOLDERS[node.kind];
        if (folder) entries.push({ path: `/${folder}/${node.slug}`, updatedAt: node.updatedAt ?? null });
      }
      after = sitemap.pageInfo.endCursor ?? null;
      if (!sitemap.pageInfo.hasNextPage || after === null) break;
    }
    return entries;
  }

  #urls(entries: readonly Entry[]): string {
    const url = ({ path, updatedAt }: Entry) => {
      const languages = [`<xhtml:link rel="alternate" hreflang="fr" href="${this.#address(path)}"/>`, `<xhtml:link rel="alternate" hreflang="en" href="${this.#address(`/en${path}`)}"/>`];
      return `<url><loc>${this.#address(path)}</loc>${updatedAt ? `<lastmod>${escaped(updatedAt)}</lastmod>` : ""}${languages.join("")}</url>`;
    };
    return `<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:xhtml="http://www.w3.org/1999/xhtml">\n${entries.map(url).join("\n")}\n</urlset>\n`;
  }

  #index(files: number): string {
    const all = Array.from({ length: files }, (_, at) => `<sitemap><loc>${this.#address(`/sitemap-${at + 1}.xml`)}</loc></sitemap>`);
    return `<?xml version="1.0" encoding="UTF-8"?>\n<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n${all.join("\n")}\n</sitemapindex>\n`;
  }

  #address(path: string): string {
    return escaped(this.#site + path);
  }
}
