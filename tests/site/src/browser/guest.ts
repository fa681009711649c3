// What a guest does: signs in, books, shows the code, and sees what the venue says at the moment it does.
import type { Tokens } from "@yousoon/client";
import qrcode from "qrcode-generator";
import * as guest from "../../generated/guest.js";
import { dayAndTimeOf, type TextKey } from "../texts.js";
import { button, clientOf, element, failure, form, isSignedIn, language, link, place, say, show } from "./common.js";

const KEPT = "yousoon:tokens";
const client = clientOf(KEPT, "mobile", guest.RefreshToken);
const DAYS_AHEAD = 14;
/** The code changes every 30 s, and each is valid for a minute. */
const NEW_CODE_MS = 20_000;

/** Leads only to pages of this site. */
function goOn(): void {
  const next = new URLSearchParams(location.search).get("next") ?? "";
  location.assign(/^\/[^/\\]/.test(next) ? next : link("/bookings"));
}

const toSignIn = (): HTMLElement => element("p", {}, element("a", { href: link(`/sign-in?next=${encodeURIComponent(location.pathname)}`) }, say("needsSignIn")));

function signIn(where: HTMLElement): void {
  const email = ["email", say("email"), { type: "email", autocomplete: "username" }] as const;
  const password = (autocomplete: string) => ["password", say("password"), { type: "password", autocomplete, minlength: 8, maxlength: 72 }] as const;
  const kept = async (tokens: Tokens | undefined) => {
    if (!tokens) return;
    await client.signIn(tokens);
    goOn();
  };
  const known = form([email, password("current-password")], say("signIn"), async ({ email = "", password = "" }) => {
    const { data, error } = await client.mutate(guest.Login, { input: { email, password } });
    await kept(data?.login);
    return error;
  });
  const names = [["firstName", say("firstName"), { autocomplete: "given-name", maxlength: 50 }], ["lastName", say("lastName"), { autocomplete: "family-name", maxlength: 50 }]] as const;
  const fresh = form([...names, email, password("new-password")], say("signUp"), async ({ firstName = "", lastName = "", email = "", password = "" }) => {
    const { data, error } = await client.mutate(guest.Register, { input: { firstName, lastName, email, password } });
    await kept(data?.register);
    return error;
  });
  known.id = "known";
  fresh.id = "fresh";
  show(where, element("div", { class: "columns" }, element("section", {}, known), element("section", {}, element("h2", {}, say("signUp")), element("p", { class: "quiet" }, `${say("password")} : ${say("passwordHint")}`), fresh)));
}

function verify(where: HTMLElement): void {
  const token = new URLSearchParams(location.search).get("token") ?? "";
  // The address would stay in the browser's history.
  history.replaceState(null, "", location.pathname);
  void client.mutate(guest.VerifyEmail, { token }).then(({ error }) => show(where, error ? failure(error) : element("p", {}, say("verified"))));
}

function book(where: HTMLElement): void {
  const now = where.querySelector('[data-part="now"]');
  const offerId = where.dataset["offer"] ?? "";
  if (!now || where.dataset["bookable"] !== "yes") return;
  if (!isSignedIn(KEPT)) return show(now, toSignIn());
  void openings(now, offerId);
}

async function openings(where: Element, offerId: string): Promise<void> {
  const hour = 3_600_000;
  // A whole hour: the answer is the same for all who ask in it.
  const from = new Date(Math.floor(Date.now() / hour) * hour);
  const to = new Date(from.getTime() + DAYS_AHEAD * 24 * hour);
  const { data, error } = await client.query(guest.OfferOpenings, { id: offerId, from: from.toISOString(), to: to.toISOString() });
  if (error) return show(where, failure(error));
  const offer = data.offer;
  const free = offer?.openings.filter(({ end, placesLeft }) => Date.parse(end) > Date.now() && placesLeft !== 0) ?? [];
  if (free.length === 0) return show(where, element("p", {}, say("noOpenings")));
  const options = free.map(({ start, placesLeft }) => element("option", { value: start }, `${dayAndTimeOf(language, start)}${typeof placesLeft === "number" ? ` · ${placesLeft} ${say("placesLeft")}` : ""}`));
  const opening = element("select", { name: "opening" }, ...options);
  const people = element("input", { name: "people", type: "number", min: 1, max: offer?.maxPartySize ?? 20, value: 1, required: true });
  const outcome = element("div", { "aria-live": "assertive" });
  // The client makes a key for each press; the server refuses a second booking of the offer.
  const press = button(say("book"), async () => {
    const { data, error } = await client.mutate(guest.BookOpening, { offerId, opening: opening.value, partySize: people.valueAsNumber || 1 });
    if (error) return show(outcome, failure(error));
    location.assign(link(`/bookings/${data.createBooking.id}`));
  });
  show(where, element("div", { class: "stack" }, element("label", {}, say("bookAt"), " ", opening), element("label", {}, say("people"), " ", people), offer?.requiresApproval && element("p", { class: "quiet" }, say("needsApproval")), press, outcome));
}

function bookings(where: HTMLElement): void {
  if (!isSignedIn(KEPT)) return show(where, toSignIn());
  const list = async (when: "UPCOMING" | "PAST") => {
    const { data, error } = await client.query(guest.MyBookingsByTime, { when, first: 50 });
    if (error) return failure(error);
    const edges = data.myBookingsConnection.edges;
    if (edges.length === 0) return element("p", { class: "quiet" }, say("noBookings"));
    const rows = edges.map(({ node }) => element("li", {}, element("a", { href: link(`/bookings/${node.id}`) }, node.offer.title), " ", element("span", { class: "quiet" }, `${dayAndTimeOf(language, node.validFrom)} · ${say(node.status as TextKey)}`)));
    return element("ul", { class: "rows" }, ...rows);
  };
  void Promise.all([list("UPCOMING"), list("PAST")]).then(([upcoming, past]) => {
    const out = button(say("signOut"), async () => {
      await client.mutate(guest.Logout);
      await client.signOut();
    });
    show(where, element("h2", {}, say("upcoming")), upcoming, element("h2", {}, say("past")), past, out);
  });
}

function booking(where: HTMLElement): void {
  if (!isSignedIn(KEPT)) return show(where, toSignIn());
  const id = where.dataset["id"] ?? "";
  const live = element("p", { class: "quiet", role: "status" }, say("loading"));
  const shown = element("div");
  show(where, live, shown);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const read = async () => {
    clearTimeout(timer);
    const { data, error } = await client.query(guest.BookingDetail, { id });
    if (error) return show(shown, failure(error));
    if (!data.booking) return show(shown, element("p", {}, say("notFound")));
    draw(shown, data.booking, read);
    if (data.booking.status === "CONFIRMED") timer = setTimeout(() => void read(), NEW_CODE_MS);
  };
  // A hidden page has no use for codes; one that is shown again needs a new one at once.
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && void read());
  client.subscribe(guest.BookingStatusChanged, { bookingId: id }, { next: () => void read(), missed: () => void read() });
  void read().then(() => show(live, `${say("live")} ●`));
}

function draw(where: Element, one: NonNullable<guest.BookingDetailQuery["booking"]>, read: () => Promise<void>): void {
  const { offer } = one;
  const row = (name: string, value: Node | string) => element("div", {}, element("dt", {}, name), element("dd", {}, value));
  const { street, postalCode, city } = offer.establishment.address;
  const canCancel = one.cancellableUntil !== null && one.cancellableUntil !== undefined && Date.parse(one.cancellableUntil) > Date.now();
  const outcome = element("div", { "aria-live": "assertive" });
  const cancel = button(say("cancel"), async () => {
    if (!confirm(say("cancelSure"))) return;
    const { error } = await client.mutate(guest.CancelBooking, { id: one.id });
    if (error) return show(outcome, failure(error));
    await read();
  });
  show(
    where,
    element("p", { class: "status", "data-status": one.status }, say(one.status as TextKey)),
    one.status === "CONFIRMED" && element("figure", { class: "code" }, codeOf(one.qrCode), element("figcaption", {}, say("showCode"))),
    element("h2", {}, element("a", { href: link(`/offers/${offer.id}`) }, offer.title)),
    element("dl", { class: "facts" }, row(say("when"), `${dayAndTimeOf(language, one.validFrom)} – ${dayAndTimeOf(language, one.validUntil)}`), row(say("where"), `${offer.establishment.name}, ${street}, ${postalCode} ${city}`)),
    canCancel && cancel,
    outcome,
  );
}

function codeOf(text: string): HTMLImageElement {
  const code = qrcode(0, "M");
  code.addData(text);
  code.make();
  return element("img", { src: code.createDataURL(6, 24), alt: say("codeOf"), width: 300, height: 300, "data-code": text });
}

// Last, when everything above is there.
const pages: Readonly<Record<string, (where: HTMLElement) => void>> = { "sign-in": signIn, "verify-email": verify, bookings, booking, book };
for (const [page, fill] of Object.entries(pages)) {
  const where = place(page);
  if (where) fill(where);
}
