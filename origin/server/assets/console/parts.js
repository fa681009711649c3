// Elements, tables, forms and pictures. Text is never taken for HTML.
import { say } from "./texts.js";

const SVG = "http://www.w3.org/2000/svg";

function filled(made, properties, children) {
  for (const [key, value] of Object.entries(properties)) {
    if (typeof value === "function") made.addEventListener(key, value);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== undefined && value !== null && value !== false) made.setAttribute(key, String(value));
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

export const el = (name, properties = {}, ...children) => filled(document.createElement(name), properties, children);
export const svg = (name, properties = {}, ...children) => filled(document.createElementNS(SVG, name), properties, children);
export const show = (where, ...children) => where.replaceChildren(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
export const failure = (error) => el("p", { role: "alert", class: "failure" }, `${say("failed")} ${error.message}`);

/** A table that a keyboard can scroll. The first cell of a row is its heading. */
export function table(label, heads, rows) {
  const row = ([first, ...rest]) => el("tr", {}, el("th", { scope: "row" }, first), rest.map((cell) => el("td", {}, cell)));
  const head = el("thead", {}, el("tr", {}, heads.map((head) => el("th", { scope: "col" }, head))));
  return el("div", { class: "scrolls", tabindex: 0, role: "region", "aria-label": label }, el("table", {}, head, el("tbody", {}, rows.map(row))));
}

export const field = (label, input) => el("label", {}, label, " ", input);

/** A form; while it is sent its buttons are disabled. `send` gets the values and the pressed button's name. */
export function form(children, send) {
  const outcome = el("div", { "aria-live": "polite" });
  const made = el("form", {}, children, outcome);
  made.addEventListener("submit", async (event) => {
    event.preventDefault();
    const buttons = made.querySelectorAll("button");
    for (const one of buttons) one.disabled = true;
    try {
      show(outcome, await send(Object.fromEntries(new FormData(made)), event.submitter?.value));
    } catch (error) {
      show(outcome, failure(error));
    }
    for (const one of buttons) one.disabled = false;
  });
  return made;
}

/** A button that does one thing, once at a time; what it gives is shown in `outcome`. */
export function button(label, act, outcome, properties = {}) {
  const made = el("button", { type: "button", ...properties }, label);
  made.addEventListener("click", async () => {
    made.disabled = true;
    try {
      await act();
    } catch (error) {
      show(outcome, failure(error));
    }
    made.disabled = false;
  });
  return made;
}

/** The cells of a purge. Longitudes are drawn as wide as they are at the middle latitude. */
export function mapOf(cells, label) {
  const points = cells.flatMap(({ boundary }) => boundary);
  if (points.length === 0) return null;
  const [lats, lngs] = [points.map(([lat]) => lat), points.map(([, lng]) => lng)];
  const [south, north, west, east] = [Math.min(...lats), Math.max(...lats), Math.min(...lngs), Math.max(...lngs)];
  const narrow = Math.cos((((south + north) / 2) * Math.PI) / 180);
  const [width, height] = [(east - west) * narrow, north - south];
  const scale = 600 / Math.max(width, height);
  const at = ([lat, lng]) => `${((lng - west) * narrow * scale).toFixed(1)},${((north - lat) * scale).toFixed(1)}`;
  const shape = ({ tag, boundary }) => svg("polygon", { points: boundary.map(at).join(" ") }, svg("title", {}, tag));
  const box = `-8 -8 ${(width * scale + 16).toFixed(0)} ${(height * scale + 16).toFixed(0)}`;
  return el("figure", { class: "map" }, svg("svg", { viewBox: box, role: "img", "aria-label": `${label}: ${cells.length}` }, cells.map(shape)), el("figcaption", {}, `${label}: ${cells.length}`));
}

/** The last values of something, as a line. */
export function sparkline(values, label) {
  const most = Math.max(1, ...values);
  const points = values.map((value, at) => `${at * 6},${(30 - (value / most) * 28).toFixed(1)}`).join(" ");
  return svg("svg", { viewBox: "0 0 240 32", class: "spark", role: "img", "aria-label": label }, svg("polyline", { points }));
}
