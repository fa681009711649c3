// The site's server: `node build/server.mjs`. It keeps nothing of anybody; pages about a person are filled by their browser.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { Api, NoPage, recording, type Asked } from "./api.js";
import { Assets, etagOf } from "./assets.js";
import { html } from "./html.js";
import type { Asking, Moved, Page } from "./page.js";
import { framed } from "./parts/layout.js";
import * as account from "./pages/account.js";
import { category } from "./pages/category.js";
import { cities, city } from "./pages/cities.js";
import { home } from "./pages/home.js";
import { offer } from "./pages/offer.js";
import { partner } from "./pages/partner.js";
import { place } from "./pages/place.js";
import { search } from "./pages/search.js";
import { Sitemap } from "./sitemap.js";
import { pathIn, sayIn, type Language, type TextKey } from "./texts.js";

type Maker = (asking: Asking) => Page | Moved | Promise<Page | Moved>;

/** `*` is a segment that the page is about. */
const ROUTES: Readonly<Record<string, Maker>> = {
  "/": home,
  "/search": search,
  "/cities": cities,
  "/cities/*": city,
  "/categories/*": category,
  "/partners/*": partner,
  "/places/*": place,
  "/offers/*": offer,
  "/sign-in": account.signIn,
  "/verify-email": account.verifyEmail,
  "/bookings": account.bookings,
  "/bookings/*": account.booking,
  "/tonight": account.tonight,
  "/scan": account.scan,
};

const variable = (name: string, otherwise: string) => process.env[name] || otherwise;
const port = Number(variable("SITE_PORT", "8788"));
/** Where this server sends GraphQL, and where browsers do. */
const graphql = variable("SITE_GRAPHQL_URL", "http://127.0.0.1:8787/graphql");
const publicGraphql = variable("SITE_PUBLIC_GRAPHQL_URL", graphql);
/** The address that search engines are told. */
const site = variable("SITE_URL", `http://127.0.0.1:${port}`).replace(/\/$/, "");
/** Hosts of pictures, such as `https://images.example`, separated by spaces; pictures of others are left out. */
const pictures = variable("SITE_PICTURES", "").split(" ").filter(Boolean);
/** Longer addresses than any page has. */
const LONGEST_ADDRESS = 4_096;

const api = new Api(graphql);
const assets = new Assets(new URL("./", import.meta.url));
const sitemap = new Sitemap(api, site);

const SECURITY = {
  "content-security-policy": [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    `img-src 'self' data: ${pictures.join(" ")}`,
    `connect-src 'self' ${new URL(publicGraphql).origin}`,
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join("; "),
  "x-content-type-options": "nosniff",
  "referrer-policy": "strict-origin-when-cross-origin",
  "permissions-policy": "camera=(self), geolocation=(self)",
  "cross-origin-opener-policy": "same-origin",
};

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const address = request.url ?? "/";
  if (request.method !== "GET" && request.method !== "HEAD") return send(request, response, 405, "text/plain", "", { allow: "GET, HEAD" });
  // "//host/path" would be an address of another site.
  if (address.length > LONGEST_ADDRESS || !address.startsWith("/") || address.startsWith("//")) return send(request, response, 400, "text/plain", "");
  const url = new URL(address, site);
  // So would the path that "/a/..//host" and "/\\host" come to.
  if (url.host !== new URL(site).host || url.pathname.startsWith("//")) return send(request, response, 400, "text/plain", "");
  if (url.pathname.startsWith("/assets/")) return asset(request, response, url.pathname.slice("/assets/".length));
  if (url.pathname === "/robots.txt") return send(request, response, 200, "text/plain", `User-agent: *\nAllow: /\nDisallow: /search\nSitemap: ${site}/sitemap.xml\n`);
  if (url.pathname.startsWith("/sitemap")) return mapOfSite(request, response, url.pathname);
  const [language, path] = languageOf(url.pathname);
  if (path.length > 1 && path.endsWith("/")) return moved(response, pathIn(language, path.slice(0, -1)) + url.search);
  const asking: Asking = {
    api,
    language,
    say: sayIn(language),
    segments: segmentsOf(path),
    query: url.searchParams,
    hasPicture: (picture) => URL.canParse(picture) && pictures.includes(new URL(picture).origin),
    link: (to, query = {}) => pathIn(language, to) + queryOf(query),
  };
  const [made, asked] = await recording(() => pageOf(asking, path));
  if ("movedTo" in made) return moved(response, made.movedTo);
  const body = framed({ asking, page: made, assets, site, graphql: publicGraphql, path: path + url.search }).text;
  const status = made.status ?? 200;
  send(request, response, status, "text/html", body, { "server-timing": timing(asked), ...(status === 503 && { "retry-after": "5" }) });
}

async function pageOf(asking: Asking, path: string): Promise<Page | Moved> {
  const [, first = "", ...rest] = path.split("/");
  const pattern = rest.length === 0 ? path : [`/${first}`, ...rest.map(() => "*")].join("/");
  // A segment that cannot be decoded leaves the page without what it is about.
  const make = Object.hasOwn(ROUTES, pattern) && asking.segments.length === rest.length ? ROUTES[pattern] : undefined;
  try {
    if (!make) throw new NoPage(404, "no route");
    return await make(asking);
  } catch (error) {
    return failure(asking, error);
  }
}

const FAILURES: Readonly<Record<400 | 404 | 503, readonly [TextKey, TextKey]>> = {
  400: ["badRequest", "notFoundLead"],
  404: ["notFound", "notFoundLead"],
  503: ["unavailable", "unavailableLead"],
};

function failure({ say, link }: Asking, error: unknown): Page {
  const status = error instanceof NoPage ? error.status : 503;
  if (status === 503) console.error(error instanceof NoPage ? error.message : error);
  const [title, lead] = FAILURES[status];
  return { status, title: say(title), main: html`<h1>${say(title)}</h1><p class="lead">${say(lead)}</p><p><a href="${link("/")}">Yousoon</a></p>` };
}

function languageOf(path: string): [Language, string] {
  if (path === "/en" || path === "/en/") return ["en", "/"];
  return path.startsWith("/en/") ? ["en", path.slice(3)] : ["fr", path];
}

/** What follows the first part of a path. */
function segmentsOf(path: string): string[] {
  const [, , ...rest] = path.split("/");
  try {
    return rest.map(decodeURIComponent);
  } catch {
    return [];
  }
}

function queryOf(query: Readonly<Record<string, string | null | undefined>>): string {
  const given = Object.entries(query).filter((one): one is [string, string] => Boolean(one[1]));
  return given.length === 0 ? "" : `?${new URLSearchParams(given)}`;
}

/** What each request to the edge was, for the browser's tools: `OfferPage;dur=2;desc="edge; hit"`. */
function timing(asked: readonly Asked[]): string {
  return asked.map(({ name, cache, ms }) => `${name};dur=${ms.toFixed(1)};desc="${cache.replace(/["\\]/g, "")}"`).join(", ");
}

function asset(request: IncomingMessage, response: ServerResponse, file: string): void {
  const found = assets.get(file);
  if (!found) return send(request, response, 404, "text/plain", "");
  const headers = { etag: found.etag, "cache-control": "public, max-age=31536000, immutable" };
  send(request, response, 200, found.type, found.body, headers);
}

async function mapOfSite(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
  const body = await sitemap.file(path);
  if (body === null) return send(request, response, 404, "text/plain", "");
  send(request, response, 200, "application/xml", body);
}

function moved(response: ServerResponse, to: string): void {
  response.writeHead(308, { location: to, ...SECURITY, "cache-control": "no-cache" }).end();
}

function send(request: IncomingMessage, response: ServerResponse, status: number, type: string, body: string | Buffer, headers: Readonly<Record<string, string>> = {}): void {
  const etag = headers["etag"] ?? etagOf(body);
  const sent = { ...SECURITY, "cache-control": "no-cache", etag, ...headers };
  if (status === 200 && request.headers["if-none-match"] === etag) {
    response.writeHead(304, sent).end();
    return;
  }
  const length = Buffer.byteLength(body);
  response.writeHead(status, { ...sent, "content-type": type.includes(";") ? type : `${type}; charset=utf-8`, "content-length": length });
  response.end(request.method === "HEAD" ? undefined : body);
}

const server = createServer((request, response) => {
  answer(request, response).catch((error: unknown) => {
    console.error(error);
    if (!response.headersSent) send(request, response, 500, "text/plain", "");
    else response.destroy();
  });
});
server.listen(port, variable("SITE_HOST", "127.0.0.1"), () => console.log(JSON.stringify({ listening: port })));
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => server.close(() => process.exit(0)));
