// Offers as cards, and what an offer gives.
import { html, type Html } from "../html.js";
import type { Asking } from "../page.js";
import { categoryName, dayOf, moneyOf, numberOf } from "../texts.js";

export interface GivenDiscount {
  readonly kind: string;
  readonly percentage: number;
  readonly amount?: number | null;
  readonly price?: number | null;
  readonly currency?: string | null;
  readonly item?: string | null;
}

export interface ShownOffer {
  readonly id: string;
  readonly slug: string;
  readonly title: string;
  readonly category: string;
  readonly discount: GivenDiscount;
  readonly images: readonly string[];
  readonly validUntil?: string | null;
  readonly partner?: { readonly name: string; readonly rating?: number | null } | null;
}

export function discountText({ language, say }: Asking, discount: GivenDiscount): string {
  const money = (minor: number) => moneyOf(language, minor, discount.currency ?? "EUR");
  switch (discount.kind) {
    case "AMOUNT":
      return `−${money(discount.amount ?? 0)}`;
    case "FIXED_PRICE":
      return money(discount.price ?? 0);
    case "TWO_FOR_ONE":
      return say("twoForOne");
    case "FREE_ITEM":
      return `${discount.item ?? ""} ${say("free")}`.trim();
    default:
      return `−${discount.percentage} %`;
  }
}

export function offerCard(asking: Asking, offer: ShownOffer, distance?: number | null): Html {
  const { language, link, say } = asking;
  const image = offer.images.find(asking.hasPicture);
  const away = distance === null || distance === undefined ? "" : `${numberOf(language, distance, 1)} km`;
  return html`<li class="card">
    <div class="picture" data-category="${offer.category}">${image && html`<img src="${image}" alt="" loading="lazy" width="320" height="180">`}</div>
    <p class="deal">${discountText(asking, offer.discount)}</p>
    <h3><a href="${link(`/offers/${offer.slug}`)}">${offer.title}</a></h3>
    <p>${offer.partner?.name}${offer.partner?.rating && html` <span class="rating">★ ${numberOf(language, offer.partner.rating, 1)}</span>`}</p>
    <p class="quiet">${categoryName(language, offer.category)}${away && ` · ${away}`}${offer.validUntil && html` · ${say("until")} ${dayOf(language, offer.validUntil)}`}</p>
  </li>`;
}

export const offerCards = (asking: Asking, offers: readonly ShownOffer[]): Html => html`<ul class="cards">${offers.map((offer) => offerCard(asking, offer))}</ul>`;

/** "12 offres". */
export function countOf({ language, say }: Asking, count: number): string {
  return `${numberOf(language, count)} ${say(count === 1 ? "result" : "results")}`;
}
