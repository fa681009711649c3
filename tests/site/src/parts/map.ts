// A map of answers as SVG, without tiles of others: circles where offers are, and the names of cities.
import { html, type Html } from "../html.js";
import type { Asking } from "../page.js";
import { countOf, discountText, type GivenDiscount } from "./offers.js";

export interface Box {
  readonly south: number;
  readonly west: number;
  readonly north: number;
  readonly east: number;
}

export interface Place {
  readonly lat: number;
  readonly lng: number;
}

export interface Cluster {
  readonly location: Place;
  readonly count: number;
  readonly isExact: boolean;
  readonly offer?: { readonly slug: string; readonly title: string; readonly discount: GivenDiscount } | null;
}

export interface NamedPlace extends Place {
  readonly name: string;
}

const WIDTH = 640;
const HEIGHT = 420;
const FRANCE: Box = { south: 41.2, west: -5.3, north: 51.3, east: 9.7 };
export const wholeMap = FRANCE;
/** The API clusters for zooms of web maps, 0 to 22. */
const TILE = 256;

/** A box that shows `km` in each direction. */
export function around({ lat, lng }: Place, km: number): Box {
  const [up, aside] = [km / 111.2, km / (111.2 * Math.cos((lat * Math.PI) / 180))];
  return { south: lat - up, west: lng - aside, north: lat + up, east: lng + aside };
}

/** The zoom of a web map that would show the box as wide as ours. */
export const zoomOf = (box: Box): number => Math.max(0, Math.min(20, Math.floor(Math.log2((WIDTH * 360) / (TILE * (box.east - box.west))))));

/** `box` in an address: south, west, north, east; null if it is none. */
export function boxOf(text: string | null): Box | null {
  const numbers = (text ?? "").split(",").map(Number);
  const [south, west, north, east] = numbers;
  if (numbers.length !== 4 || !numbers.every(Number.isFinite)) return null;
  if (south === undefined || west === undefined || north === undefined || east === undefined) return null;
  const isBox = -90 <= south && south < north && north <= 90 && -180 <= west && west < east && east <= 180;
  return isBox ? { south, west, north, east } : null;
}

export const boxText = ({ south, west, north, east }: Box): string => [south, west, north, east].map((one) => one.toFixed(4)).join(",");

/** What a circle leads to: a quarter of the map around it. */
function within(box: Box, { lat, lng }: Place): Box {
  const [up, aside] = [(box.north - box.south) / 8, (box.east - box.west) / 8];
  return { south: lat - up, west: lng - aside, north: lat + up, east: lng + aside };
}

/** `narrower` is the address of the same search in a smaller box. */
export function mapOf(asking: Asking, box: Box, clusters: readonly Cluster[], names: readonly NamedPlace[], narrower: (box: Box) => string): Html {
  const { link, say } = asking;
  const x = (lng: number) => (((lng - box.west) / (box.east - box.west)) * WIDTH).toFixed(1);
  const y = (lat: number) => (((box.north - lat) / (box.north - box.south)) * HEIGHT).toFixed(1);
  const most = Math.max(1, ...clusters.map(({ count }) => count));
  const isInside = ({ lat, lng }: Place) => lat > box.south && lat < box.north && lng > box.west && lng < box.east;
  const circle = ({ location, count, offer, isExact }: Cluster) => {
    const radius = offer ? 10 : 14 + 18 * Math.sqrt(count / most);
    const href = offer ? link(`/offers/${offer.slug}`) : narrower(within(box, location));
    const name = offer ? `${offer.title}, ${discountText(asking, offer.discount)}` : `${isExact ? "" : "≤ "}${countOf(asking, count)}`;
    const [cx, cy] = [x(location.lng), y(location.lat)];
    return html`<a href="${href}" aria-label="${name}"><title>${name}</title><circle cx="${cx}" cy="${cy}" r="${radius.toFixed(1)}"/>${!offer && html`<text x="${cx}" y="${cy}">${count > 999 ? `${Math.round(count / 1000)}k` : count}</text>`}</a>`;
  };
  const line = (at: number, of: number, vertical: boolean) => {
    const part = (at * (vertical ? WIDTH : HEIGHT)) / of;
    return vertical ? html`<path d="M${part} 0V${HEIGHT}"/>` : html`<path d="M0 ${part}H${WIDTH}"/>`;
  };
  // The largest last: it is drawn on top, and the keyboard comes to it in the order of the page.
  const drawn = [...clusters].filter(({ location }) => isInside(location)).sort((a, b) => a.count - b.count);
  return html`<figure class="map">
    <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="group" aria-label="${say("map")}">
      <g class="grid" aria-hidden="true">${[1, 2, 3, 4, 5, 6, 7].map((at) => line(at, 8, true))}${[1, 2, 3, 4].map((at) => line(at, 5, false))}</g>
      <g class="names" aria-hidden="true">${names.filter(isInside).map((place) => html`<text x="${x(place.lng)}" y="${y(place.lat)}" dy="-22">${place.name}</text>`)}</g>
      <g class="circles">${drawn.map(circle)}</g>
    </svg>
    <figcaption class="quiet">${say("mapHint")}</figcaption>
  </figure>`;
}
