import * as site from "../../generated/site.js";
import { html } from "../html.js";
import { isPresent, type Asking, type Moved, type Page } from "../page.js";
import { NoPage } from "../api.js";
import { nextPage } from "../parts/layout.js";
import { around, boxText, mapOf, zoomOf } from "../parts/map.js";
import { countOf, offerCards } from "../parts/offers.js";
import { categoryName, numberOf } from "../texts.js";

const KM = 6;

/** All cities. */
export async function cities(asking: Asking): Promise<Page> {
  const { api, say, link, query } = asking;
  const { cities } = await api.read(site.CityDirectory, { first: 100, after: query.get("after") });
  return {
    title: say("cities"),
    canonical: "/cities",
    scripts: ["search"],
    main: html`<h1>${say("cities")}</h1>
<ul class="rows">${cities.edges.map(({ node }) => html`<li><a href="${link(`/cities/${node.slug}`)}">${node.name}</a> <span class="quiet">${node.department ?? node.country} · ${countOf(asking, node.offerCount)}</span></li>`)}</ul>
${nextPage(asking, "/cities", cities.pageInfo)}`,
  };
}

/** One city: a map, its offers, its partners. */
export async function city(asking: Asking): Promise<Page | Moved> {
  const { api, language, say, link, query, segments } = asking;
  const [slug = ""] = segments;
  const [{ city }, beside] = await Promise.all([
    api.read(site.CityPage, { slug, first: 24, after: query.get("after") }),
    api.readIfPossible(site.CityPartners, { slug, first: 12 }),
  ]);
  if (!city) throw new NoPage(404, "no city");
  if (!isPresent(asking, city.slug)) return { movedTo: link(`/cities/${city.slug}`) };
  const box = around(city.location, KM);
  const map = await api.readIfPossible(site.SiteOfferMap, { box, zoom: zoomOf(box), filter: null });
  const partners = beside?.city?.partners.edges.map(({ node }) => node) ?? [];
  const { offers } = city;
  return {
    title: `${city.name} : ${say("offers").toLowerCase()}`,
    description: `${city.name} : ${countOf(asking, city.offerCount)}`,
    canonical: `/cities/${city.slug}`,
    scripts: ["search"],
    main: html`<h1>${city.name}</h1>
<p class="lead">${countOf(asking, city.offerCount)} · ${numberOf(language, city.partnerCount)} ${say("partners").toLowerCase()}</p>
<ul class="chips" aria-label="${say("categories")}">${offers.facets?.categories.map(({ category, count }) => html`<li><a href="${link("/search", { city: city.name, category: category.toLowerCase() })}">${categoryName(language, category)} <span class="quiet">${numberOf(language, count)}</span></a></li>`)}</ul>
${map && mapOf(asking, box, map.offerClusters, [], (narrower) => link("/search", { box: boxText(narrower) }))}
<section aria-labelledby="offers"><h2 id="offers">${say("offers")}</h2>${offerCards(asking, offers.edges.map(({ node }) => node))}${nextPage(asking, `/cities/${city.slug}`, offers.pageInfo)}</section>
${partners.length > 0 && html`<section aria-labelledby="partners"><h2 id="partners">${say("partners")}</h2><ul class="rows">${partners.map((partner) => html`<li><a href="${link(`/partners/${partner.slug}`)}">${partner.name}</a> <span class="quiet">${categoryName(language, partner.category)}${partner.rating && ` · ★ ${numberOf(language, partner.rating, 1)}`}</span></li>`)}</ul></section>`}`,
  };
}
