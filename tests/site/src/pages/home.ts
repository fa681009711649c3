import * as site from "../../generated/site.js";
import { html } from "../html.js";
import type { Asking, Page } from "../page.js";
import { offerCards } from "../parts/offers.js";

export async function home(asking: Asking): Promise<Page> {
  const { api, language, say, link } = asking;
  const locale = language === "fr" ? ("FR" as const) : ("EN" as const);
  const [shown, directory] = await Promise.all([api.read(site.Home, { locale, first: 12 }), api.readIfPossible(site.CityDirectory, { first: 12 })]);
  const cities = directory?.cities.edges.map(({ node }) => node) ?? [];
  return {
    title: say("home"),
    description: say("homeLead"),
    canonical: "/",
    scripts: ["search"],
    main: html`<h1>${say("home")}</h1>
<p class="lead">${say("homeLead")}</p>
<nav aria-label="${say("categories")}"><ul class="chips">${shown.categories.map(({ id, name }) => html`<li><a href="${link(`/categories/${id.toLowerCase()}`)}">${name}</a></li>`)}</ul></nav>
${cities.length > 0 && html`<section aria-labelledby="cities"><h2 id="cities">${say("cities")}</h2><ul class="chips">${cities.map(({ slug, name }) => html`<li><a href="${link(`/cities/${slug}`)}">${name}</a></li>`)}</ul></section>`}
<section aria-labelledby="latest"><h2 id="latest">${say("latest")}</h2>${offerCards(asking, shown.offers.edges.map(({ node }) => node))}</section>`,
  };
}
