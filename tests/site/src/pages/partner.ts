import * as site from "../../generated/site.js";
import { html } from "../html.js";
import { NoPage } from "../api.js";
import { isPresent, type Asking, type Moved, type Page } from "../page.js";
import { offerCards } from "../parts/offers.js";
import { reviewsOf, starsOf } from "../parts/reviews.js";
import { categoryName } from "../texts.js";

export async function partner(asking: Asking): Promise<Page | Moved> {
  const { api, language, say, link, segments } = asking;
  const { partnerBySlug: partner } = await api.read(site.PartnerBySlug, { slug: segments[0] ?? "" });
  if (!partner) throw new NoPage(404, "no partner");
  if (!isPresent(asking, partner.slug)) return { movedTo: link(`/partners/${partner.slug}`) };
  const reviews = await api.readIfPossible(site.PartnerReviews, { id: partner.id, first: 10, after: null, orderBy: "NEWEST" });
  return {
    title: partner.name,
    description: partner.description ?? undefined,
    canonical: `/partners/${partner.slug}`,
    jsonLd: partner.jsonLd,
    scripts: ["search"],
    main: html`<h1>${partner.name}</h1>
<p class="lead">${categoryName(language, partner.category)} ${starsOf(asking, partner.rating, partner.reviewCount)}</p>
${partner.description && html`<p>${partner.description}</p>`}
<section aria-labelledby="offers"><h2 id="offers">${say("offers")}</h2>${offerCards(asking, partner.offers.map((offer) => ({ ...offer, partner: null })))}</section>
<section aria-labelledby="places"><h2 id="places">${say("places")}</h2><ul class="rows">${partner.establishments.map((place) => html`<li><a href="${link(`/places/${place.slug}`)}">${place.name}</a> <span class="quiet">${place.address.street}, ${place.address.postalCode} ${place.address.city}</span></li>`)}</ul></section>
${reviewsOf(asking, reviews?.partner?.reviews.edges.map(({ node }) => node) ?? [])}`,
  };
}
