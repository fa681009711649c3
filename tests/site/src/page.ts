// What every page is made of.
import type { Html } from "./html.js";
import type { Language, Say } from "./texts.js";
import type { Api } from "./api.js";

/** What a page is made from. */
export interface Asking {
  readonly api: Api;
  readonly language: Language;
  readonly say: Say;
  /** Of the path, such as a slug. */
  readonly segments: readonly string[];
  readonly query: URLSearchParams;
  /** Whether browsers may load this picture: its host is one that the site was told. */
  readonly hasPicture: (url: string) => boolean;
  /** A path of this site in the language. */
  readonly link: (path: string, query?: Readonly<Record<string, string | null | undefined>>) => string;
}

export interface Page {
  readonly title: string;
  readonly description?: string;
  readonly main: Html;
  /** The path that stands for this page, without the language; pages without one are not for search engines. */
  readonly canonical?: string;
  /** Structured data, escaped by the API. */
  readonly jsonLd?: string;
  /** The programs that its browser loads. */
  readonly scripts?: readonly ("guest" | "venue" | "search")[];
  readonly status?: number;
}

/** The page is elsewhere. */
export interface Moved {
  readonly movedTo: string;
}

/** Where a path with a slug leads to: the page itself, or that of the present slug. */
export function isPresent(asking: Asking, slug: string): boolean {
  return asking.segments[0] === slug;
}
