import * as site from "../../generated/site.js";
import { html } from "../html.js";
import type { Asking, Page } from "../page.js";
import { nextPage } from "../parts/layout.js";
import { around, boxOf, boxText, mapOf, wholeMap, zoomOf, type Box, type NamedPlace } from "../parts/map.js";
import { countOf, offerCards } from "../parts/offers.js";
import { categoryName, numberOf } from "../texts.js";
import { categoryOf } from "./category.js";

/** The API takes a list's box up to 2 degrees high and wide. */
const WIDEST_LIST = 2;
const CITY_KM = 8;

/** What is asked for is in the address, so that a search can be shared, and works without scripts. */
export async function search(asking: Asking): Promise<Page> {
  const { api, language, say, link, query } = asking;
  const text = (query.get("q") ?? "").trim();
  const city = query.get("city")?.trim() || null;
  const category = categoryOf(query.get("category"));
  const isOpenNow = query.get("open") === "1";
  const box = boxOf(query.get("box"));
  const directory = await api.readIfPossible(site.CityDirectory, { first: 50 });
  const names: NamedPlace[] = directory?.cities.edges.map(({ node }) => ({ name: node.name, ...node.location })) ?? [];
  const shown = shownBox(box, city === null ? undefined : names.find(({ name }) => name === city));
  const filter = { search: text || null, categories: category ? [category] : null, openNow: isOpenNow || null };
  const isListed = box !== null && box.north - box.south <= WIDEST_LIST && box.east - box.west <= WIDEST_LIST;
  const [list, others, map] = await Promise.all([
    api.read(site.SiteOffers, { input: { ...filter, city: box ? null : city, box: isListed ? box : null, first: 24, after: query.get("after") } }),
    text ? api.readIfPossible(site.SiteSearch, { input: { text, first: 5 } }) : null,
    api.readIfPossible(site.SiteOfferMap, { box: shown, zoom: zoomOf(shown), filter }),
  ]);
  const { offers } = list;
  const found = others?.search;
  const here = { q: text, city: box ? null : city, category: category?.toLowerCase(), open: isOpenNow ? "1" : null, box: box && boxText(box) };
  const facet = (key: "category" | "city", value: string, name: string, count: number) =>
    html`<li><a href="${link("/search", { ...here, [key]: value, ...(key === "city" && { box: null }) })}">${name} <span class="quiet">${numberOf(language, count)}</span></a></li>`;
  return {
    title: text ? `${say("resultsFor")} « ${text} »` : say("searchTitle"),
    scripts: ["search"],
    main: html`<h1>${text ? html`${say("resultsFor")} <q>${text}</q>` : say("searchTitle")}</h1>
<p class="lead" role="status">${countOf(asking, offers.totalCount)}</p>
<form class="filters" action="${link("/search")}">
<input type="hidden" name="q" value="${text}">
<label>${say("category")} <select name="category"><option value="">${say("all")}</option>${(["bar", "restaurant", "club", "cinema", "sport", "leisure", "event", "other"] as const).map((one) => html`<option value="${one}"${category?.toLowerCase() === one && html` selected`}>${categoryName(language, one.toUpperCase())}</option>`)}</select></label>
<label>${say("city")} <select name="city"><option value="">${say("everywhere")}</option>${names.map(({ name }) => html`<option${name === city && html` selected`}>${name}</option>`)}</select></label>
<label class="tick"><input type="checkbox" name="open" value="1"${isOpenNow && html` checked`}> ${say("openNow")}</label>
<button>${say("search")}</button>
</form>
${!category && html`<ul class="chips" aria-label="${say("categories")}">${offers.facets?.categories.map((one) => facet("category", one.category.toLowerCase(), categoryName(language, one.category), one.count))}</ul>`}
${map && mapOf(asking, shown, map.offerClusters, names, (narrower) => link("/search", { ...here, city: null, box: boxText(narrower) }))}
${offers.edges.length === 0 ? html`<p>${say("noResults")}</p>` : html`<section aria-labelledby="offers"><h2 id="offers">${say("offers")}</h2>${offerCards(asking, offers.edges.map(({ node }) => node))}${nextPage(asking, "/search", offers.pageInfo)}</section>`}
${found && found.partners.nodes.length > 0 && html`<section aria-labelledby="partners"><h2 id="partners">${say("partners")}</h2><ul class="rows">${found.partners.nodes.map((one) => html`<li><a href="${link(`/partners/${one.slug}`)}">${one.name}</a> <span class="quiet">${categoryName(language, one.category)}</span></li>`)}</ul></section>`}
${found && found.establishments.nodes.length > 0 && html`<section aria-labelledby="places"><h2 id="places">${say("places")}</h2><ul class="rows">${found.establishments.nodes.map((one) => html`<li><a href="${link(`/places/${one.slug}`)}">${one.name}</a> <span class="quiet">${one.address.street}, ${one.address.city}</span></li>`)}</ul></section>`}`,
  };
}

function shownBox(asked: Box | null, city: NamedPlace | undefined): Box {
  return asked ?? (city ? around(city, CITY_KM) : wholeMap);
}
