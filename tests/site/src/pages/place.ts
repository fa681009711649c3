import * as site from "../../generated/site.js";
import { html } from "../html.js";
import { NoPage } from "../api.js";
import { isPresent, type Asking, type Moved, type Page } from "../page.js";
import { hoursOf } from "../parts/hours.js";

export async function place(asking: Asking): Promise<Page | Moved> {
  const { api, say, link, segments } = asking;
  const { establishmentBySlug: place } = await api.read(site.EstablishmentPage, { slug: segments[0] ?? "" });
  if (!place || place.isArchived) throw new NoPage(404, "no place");
  if (!isPresent(asking, place.slug)) return { movedTo: link(`/places/${place.slug}`) };
  const { street, postalCode, city } = place.address;
  const contacts = [
    place.phone && html`<a href="tel:${place.phone}">${place.phone}</a>`,
    place.email && html`<a href="mailto:${place.email}">${place.email}</a>`,
    place.website && html`<a href="${place.website}" rel="noopener nofollow">${say("website")}</a>`,
  ].filter(Boolean);
  return {
    title: place.name,
    description: `${place.name}, ${street}, ${postalCode} ${city}`,
    canonical: `/places/${place.slug}`,
    jsonLd: place.jsonLd,
    scripts: ["search"],
    main: html`<h1>${place.name}</h1>
<p class="lead">${street}, ${postalCode} ${city}</p>
<p><a href="${link(`/partners/${place.partner.slug}`)}">${place.partner.name}</a></p>
${contacts.length > 0 && html`<section aria-labelledby="contact"><h2 id="contact">${say("contact")}</h2><ul class="rows">${contacts.map((one) => html`<li>${one}</li>`)}</ul></section>`}
<section aria-labelledby="hours"><h2 id="hours">${say("openingHours")}</h2>${hoursOf(asking, place.openingHours)}</section>`,
  };
}
