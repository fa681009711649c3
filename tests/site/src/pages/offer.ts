import * as site from "../../generated/site.js";
import { html, type Part } from "../html.js";
import { NoPage } from "../api.js";
import { isPresent, type Asking, type Moved, type Page } from "../page.js";
import { discountText } from "../parts/offers.js";
import { reviewsOf, starsOf } from "../parts/reviews.js";
import { categoryName, dayOf, moneyOf, weekdayName } from "../texts.js";

export async function offer(asking: Asking): Promise<Page | Moved> {
  const { api, language, say, link, segments } = asking;
  const locale = language === "fr" ? ("FR" as const) : ("EN" as const);
  const { offerBySlug: offer } = await api.read(site.OfferPage, { slug: segments[0] ?? "", locale });
  if (!offer || offer.isArchived) throw new NoPage(404, "no offer");
  if (!isPresent(asking, offer.slug)) return { movedTo: link(`/offers/${offer.slug}`) };
  const reviews = await api.readIfPossible(site.OfferReviews, { id: offer.id, first: 10, after: null });
  const { texts, establishment, partner, price, schedule } = offer;
  const { street, postalCode, city } = establishment.address;
  const when = schedule ? `${schedule.weekdays.map((day) => weekdayName(language, day)).join(", ")}, ${schedule.from} – ${schedule.to}` : say("anytime");
  const row = (name: string, value: Part) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`;
  return {
    title: texts.title,
    description: texts.description ?? undefined,
    canonical: `/offers/${offer.slug}`,
    jsonLd: offer.jsonLd,
    scripts: ["search", "guest"],
    main: html`<article lang="${texts.locale.toLowerCase()}">
<p class="deal">${discountText(asking, offer.discount)}</p>
<h1>${texts.title}</h1>
<p class="lead"><a href="${link(`/partners/${partner.slug}`)}">${partner.name}</a> ${starsOf(asking, partner.rating, partner.reviewCount)} · ${categoryName(language, offer.category)}</p>
${texts.description && html`<p>${texts.description}</p>`}
</article>
<section class="book" aria-labelledby="book" data-page="book" data-offer="${offer.id}" data-bookable="${offer.isActive && !offer.quota?.isSoldOut && !price ? "yes" : "no"}">
<h2 id="book">${say("book")}</h2>
<div data-part="now">${!offer.isActive ? html`<p>${say("notNow")}</p>` : offer.quota?.isSoldOut ? html`<p>${say("soldOut")}</p>` : price ? html`<p>${say("paidInApp")}</p>` : html`<p class="quiet">${say("loading")}</p><noscript><p>${say("needsScripts")}</p></noscript>`}</div>
</section>
<dl class="facts">
${row(say("when"), when)}
${row(say("until"), dayOf(language, offer.validUntil))}
${row(say("where"), html`<a href="${link(`/places/${establishment.slug}`)}">${establishment.name}</a>, ${street}, ${postalCode} ${city}`)}
${price && row(say("price"), html`${moneyOf(language, price.amount, price.currency)}${price.original && ` ${say("insteadOf")} ${moneyOf(language, price.original, price.currency)}`}`)}
${texts.conditions.length > 0 && row(say("conditions"), html`<ul>${texts.conditions.map((one) => html`<li>${one}</li>`)}</ul>`)}
</dl>
${reviewsOf(asking, reviews?.offer?.reviews.edges.map(({ node }) => node) ?? [])}`,
  };
}
