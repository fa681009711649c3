// The frame of every page.
import type { Assets } from "../assets.js";
import { html, raw, type Html } from "../html.js";
import type { Asking, Page } from "../page.js";
import { LANGUAGES, pathIn, type Language } from "../texts.js";

export interface Frame {
  readonly asking: Asking;
  readonly page: Page;
  readonly assets: Assets;
  /** The address of this site, for search engines. */
  readonly site: string;
  /** Where browsers send GraphQL. */
  readonly graphql: string;
  /** The path and query that were asked for, without the language. */
  readonly path: string;
}

export function framed({ asking, page, assets, site, graphql, path }: Frame): Html {
  const { language, say, link } = asking;
  const other: Language = language === "fr" ? "en" : "fr";
  const canonical = page.canonical;
  const scripts = page.scripts ?? [];
  return html`<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${page.title} · Yousoon</title>
${page.description && html`<meta name="description" content="${page.description}">`}
${canonical === undefined && html`<meta name="robots" content="noindex">`}
${canonical !== undefined && html`<link rel="canonical" href="${site}${pathIn(language, canonical)}">${LANGUAGES.map((one) => html`<link rel="alternate" hreflang="${one}" href="${site}${pathIn(one, canonical)}">`)}`}
<link rel="icon" href="${assets.path("icon.svg")}" type="image/svg+xml">
<link rel="stylesheet" href="${assets.path("style.css")}">
${scripts.map((script) => html`${assets.parts(script).map((part) => html`<link rel="modulepreload" href="${part}">`)}<script type="module" src="${assets.path(script)}"></script>`)}
${page.jsonLd && html`<script type="application/ld+json">${raw(page.jsonLd)}</script>`}
</head>
<body data-graphql="${graphql}" data-language="${language}">
<a class="skip" href="#main">${say("skip")}</a>
<header>
<a class="brand" href="${link("/")}">Yousoon</a>
<form action="${link("/search")}" role="search"><label for="q" class="hidden">${say("searchLabel")}</label><input id="q" name="q" type="search" placeholder="${say("searchLabel")}" value="${asking.query.get("q") ?? ""}" maxlength="200" list="suggestions" autocomplete="off"><datalist id="suggestions"></datalist><button>${say("search")}</button></form>
<nav aria-label="Yousoon"><a href="${link("/bookings")}">${say("myBookings")}</a> <a href="${link("/tonight")}">${say("forVenues")}</a> <a href="${pathIn(other, path)}" hreflang="${other}" lang="${other}">${say("otherLanguage")}</a></nav>
</header>
<main id="main" tabindex="-1">
${page.main}
</main>
<footer><p class="quiet">Yousoon · <a href="${link("/cities")}">${say("cities")}</a></p></footer>
</body>
</html>
`;
}

/** The next page of a list, if there is one. */
export function nextPage(asking: Asking, path: string, info: { readonly hasNextPage: boolean; readonly endCursor?: string | null }): Html | false {
  if (!info.hasNextPage || !info.endCursor) return false;
  return html`<p class="next"><a rel="next" href="${asking.link(path, { ...Object.fromEntries(asking.query), after: info.endCursor })}">${asking.say("more")}</a></p>`;
}
