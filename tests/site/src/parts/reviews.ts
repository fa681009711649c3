// Reviews, and ratings as stars.
import { html, type Html } from "../html.js";
import type { Asking } from "../page.js";
import { dayOf, numberOf } from "../texts.js";

export interface ShownReview {
  readonly stars: number;
  readonly text?: string | null;
  readonly author?: string | null;
  readonly createdAt: string;
  readonly reply?: { readonly text: string } | null;
}

export function starsOf({ language, say }: Asking, rating: number | null | undefined, count: number): Html | false {
  if (!rating) return false;
  return html`<span class="rating" role="img" aria-label="${numberOf(language, rating, 1)} ${say("stars")}">★ ${numberOf(language, rating, 1)}</span> <span class="quiet">(${numberOf(language, count)} ${say("reviews").toLowerCase()})</span>`;
}

export function reviewsOf(asking: Asking, reviews: readonly ShownReview[]): Html {
  const { language, say } = asking;
  const one = (review: ShownReview) => html`<li><p><span class="rating" role="img" aria-label="${review.stars} ${say("stars")}">${"★".repeat(review.stars)}</span> <span class="quiet">${review.author} · ${dayOf(language, review.createdAt)}</span></p>${review.text && html`<p>${review.text}</p>`}${review.reply && html`<blockquote><p class="quiet">${say("reply")}</p><p>${review.reply.text}</p></blockquote>`}</li>`;
  return html`<section aria-labelledby="reviews"><h2 id="reviews">${say("reviews")}</h2>${reviews.length === 0 ? html`<p class="quiet">${say("noReviews")}</p>` : html`<ul class="rows">${reviews.map(one)}</ul>`}</section>`;
}
