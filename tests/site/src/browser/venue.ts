// What a venue does: tonight's list as it changes, and check-in by a picture of the guest's code.
import type { Tokens } from "@yousoon/client";
import jsqr from "jsqr";
import * as venue from "../../generated/venue.js";
import { timeOf, type TextKey } from "../texts.js";
import { button, clientOf, element, failure, form, isSignedIn, language, link, place, say, show } from "./common.js";

const KEPT = "yousoon:staff-tokens";
const client = clientOf(KEPT, "partner", venue.StaffRefreshToken);
/** Pictures of phones are larger than a code needs. */
const LONGEST_SIDE = 1_600;

type Membership = venue.MyMembershipsQuery["myMemberships"][number];
type Night = venue.TonightQuery["partnerBookings"];

/** Staff sign in on the page itself. */
async function signedIn(where: HTMLElement, fill: (where: HTMLElement, membership: Membership) => void): Promise<void> {
  if (!isSignedIn(KEPT)) {
    const fields = [["email", say("email"), { type: "email", autocomplete: "username" }], ["password", say("password"), { type: "password", autocomplete: "current-password" }]] as const;
    const known = form(fields, say("signIn"), async ({ email = "", password = "" }) => {
      const { data, error } = await client.mutate(venue.StaffLogin, { input: { email, password } });
      if (!data) return error;
      await client.signIn(data.login as Tokens);
      await signedIn(where, fill);
      return undefined;
    });
    known.id = "known";
    return show(where, known);
  }
  const { data, error } = await client.query(venue.MyMemberships);
  if (error) return show(where, failure(error));
  const [first] = data.myMemberships;
  if (!first) return show(where, element("p", {}, say("noTeam")));
  fill(where, first);
}

function tonight(where: HTMLElement, { partner }: Membership): void {
  const [status, list, outcome] = [element("p", { class: "lead", role: "status" }), element("div"), element("div", { "aria-live": "assertive" })];
  const out = button(say("signOut"), async () => {
    await client.mutate(venue.StaffLogout);
    localStorage.removeItem(KEPT);
    location.reload();
  });
  show(where, element("p", {}, element("strong", {}, partner.name), " · ", element("a", { href: link("/scan") }, say("scan"))), status, outcome, list, out);
  const read = async (): Promise<void> => {
    const { data, error } = await client.query(venue.Tonight, { partnerId: partner.id, first: 100 });
    if (error) return show(outcome, failure(error));
    const { people, expected, arrived } = data.partnerBookings.totals;
    show(status, `${people} ${say("booked")} · ${expected} ${say("expected")} · ${arrived} ${say("arrived")}`);
    show(list, nightOf(data.partnerBookings, act));
  };
  // What changes while the list is read makes it read once more.
  let reading = Promise.resolve();
  let waits = false;
  const soon = () => {
    if (waits) return;
    waits = true;
    reading = reading.then(() => {
      waits = false;
      return read();
    });
  };
  const act = async (done: Promise<{ error?: Parameters<typeof failure>[0] | undefined }>) => {
    const { error } = await done;
    show(outcome, error && failure(error));
    await read();
  };
  client.subscribe(venue.PartnerBookingChanged, { partnerId: partner.id, establishmentId: null }, { next: soon, missed: soon });
  void read();
}

function nightOf(night: Night, act: (done: Promise<{ error?: Parameters<typeof failure>[0] | undefined }>) => Promise<void>): HTMLElement {
  if (night.edges.length === 0) return element("p", { class: "quiet" }, say("nobodyYet"));
  const rows = night.edges.map(({ node: one }) => {
    const actions = element("td");
    if (one.status === "PENDING") {
      actions.append(button(say("approve"), () => act(client.mutate(venue.ConfirmGuestBooking, { id: one.id }))), " ");
      actions.append(button(say("decline"), async () => {
        const reason = prompt(say("reason"))?.trim();
        if (reason) await act(client.mutate(venue.DeclineBooking, { id: one.id, reason }));
      }));
    }
    if (one.status === "CHECKED_IN") actions.append(button(say("undo"), () => act(client.mutate(venue.UndoCheckIn, { id: one.id }))));
    return element(
      "tr",
      { "data-booking": one.id, "data-status": one.status },
      element("td", {}, timeOf(language, one.validFrom)),
      element("th", { scope: "row" }, `${one.guest} × ${one.partySize}`),
      element("td", {}, one.offer.title),
      element("td", {}, say(one.status as TextKey)),
      element("td", {}, one.shortCode ?? ""),
      actions,
    );
  });
  const heads = (["time", "guest", "offer", "status", "shortCode", "actions"] as const).map((key) => element("th", { scope: "col" }, say(key)));
  return element("div", { class: "scrolls", tabindex: 0, role: "region", "aria-label": say("tonight") }, element("table", {}, element("thead", {}, element("tr", {}, ...heads)), element("tbody", {}, ...rows)));
}

function scan(where: HTMLElement, { partner }: Membership): void {
  const outcome = element("div", { "aria-live": "assertive", id: "outcome" });
  const picture = element("input", { type: "file", accept: "image/*", capture: "environment", id: "picture" });
  picture.addEventListener("change", () => {
    const file = picture.files?.[0];
    if (file) void checkIn(file).then((said) => show(outcome, said));
    picture.value = "";
  });
  const byCode = form([["code", say("shortCode"), { autocomplete: "off", maxlength: 12 }]], say("checkIn"), async ({ code = "" }) => {
    const { data, error } = await client.mutate(venue.CheckInByCode, { partnerId: partner.id, establishmentId: null, code });
    if (data) show(outcome, welcome(data.checkInByCode.guest ?? "", data.checkInByCode.offer.title));
    return error;
  });
  show(where, element("p", {}, element("strong", {}, partner.name), " · ", element("a", { href: link("/tonight") }, say("tonight"))), element("div", { class: "stack" }, element("label", {}, say("picture"), " ", picture)), byCode, outcome);
}

const welcome = (guest: string, title: string): HTMLElement => element("p", { class: "welcome" }, `${say("welcome")} ${guest} · ${title}`);

async function checkIn(file: File): Promise<HTMLElement> {
  const text = await codeIn(file);
  const alert = (key: TextKey) => element("p", { role: "alert", class: "failure" }, say(key));
  if (text === null) return alert("noCode");
  const bookingId = bookingOf(text);
  if (bookingId === null) return alert("foreignCode");
  // An id for this scan: sent again, it is the same answer.
  const { data, error } = await client.mutate(venue.CheckInScan, { bookingId, qrCode: text, scanId: crypto.randomUUID() });
  if (error) return failure(error);
  return welcome(data.checkIn.user.firstName ?? "", data.checkIn.offer.title);
}

async function codeIn(file: File): Promise<string | null> {
  const bitmap = await createImageBitmap(file).catch(() => null);
  if (!bitmap) return null;
  const scale = Math.min(1, LONGEST_SIDE / Math.max(bitmap.width, bitmap.height));
  const canvas = new OffscreenCanvas(Math.max(1, Math.round(bitmap.width * scale)), Math.max(1, Math.round(bitmap.height * scale)));
  const context = canvas.getContext("2d");
  if (!context) return null;
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  const { data, width, height } = context.getImageData(0, 0, canvas.width, canvas.height);
  return jsqr.default(data, width, height)?.data || null;
}

/** A code names its booking in 12 bytes, after six others; the server checks the signature. */
function bookingOf(code: string): string | null {
  const text = /^ysn1\.([\w-]{136})$/.exec(code.trim())?.[1];
  if (text === undefined) return null;
  const bytes = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return [...bytes.slice(6, 18)].map((byte) => byte.charCodeAt(0).toString(16).padStart(2, "0")).join("");
}

// Last, when everything above is there.
for (const [page, fill] of [["tonight", tonight], ["scan", scan]] as const) {
  const where = place(page);
  if (where) void signedIn(where, fill);
}
