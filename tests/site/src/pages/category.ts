import * as site from "../../generated/site.js";
import { html } from "../html.js";
import { NoPage } from "../api.js";
import type { Asking, Page } from "../page.js";
import { nextPage } from "../parts/layout.js";
import { countOf, offerCards } from "../parts/offers.js";
import { categoryName, numberOf } from "../texts.js";

const CATEGORIES = ["BAR", "RESTAURANT", "CLUB", "CINEMA", "SPORT", "LEISURE", "EVENT", "OTHER"] as const;
export type Category = (typeof CATEGORIES)[number];

/** The category of an address, such as `bar`. */
export const categoryOf = (text: string | null | undefined): Category | undefined => CATEGORIES.find((one) => one.toLowerCase() === text);

export async function category(asking: Asking): Promise<Page> {
  const { api, language, say, link, query, segments } = asking;
  const id = categoryOf(segments[0]);
  if (!id) throw new NoPage(404, "no category");
  const { offers } = await api.read(site.SiteOffers, { input: { categories: [id], first: 24, after: query.get("after") } });
  const path = `/categories/${id.toLowerCase()}`;
  const cities = offers.facets?.cities ?? [];
  return {
    title: categoryName(language, id),
    canonical: path,
    scripts: ["search"],
    main: html`<h1>${categoryName(language, id)}</h1>
<p class="lead">${countOf(asking, offers.totalCount)}</p>
${cities.length > 0 && html`<ul class="chips" aria-label="${say("cities")}">${cities.slice(0, 12).map(({ city, count }) => html`<li><a href="${link("/search", { city, category: id.toLowerCase() })}">${city} <span class="quiet">${numberOf(language, count)}</span></a></li>`)}</ul>`}
<section aria-labelledby="offers"><h2 id="offers">${say("offers")}</h2>${offerCards(asking, offers.edges.map(({ node }) => node))}${nextPage(asking, path, offers.pageInfo)}</section>`,
  };
}
