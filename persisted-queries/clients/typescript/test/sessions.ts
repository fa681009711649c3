// A scripted app in many browsers of two tabs each, with faults between them and the edge. Prints what it saw as
// lines of JSON: {"progress"} and at the end {"done"}.
//
//   node scripts/run.mjs test/sessions.ts OPTIONS
//
// OPTIONS is JSON: {"url": the edge, "origin", "key": the JWK that signs access tokens, "offers": one for each browser at a
// time, "sessions", "seed", "without": see browser.ts, "lost": how many of 100 answers are lost}.
import type { JsonWebKey } from "node:crypto";
import { createYousoonClient, type Result, type YousoonClient } from "@yousoon/client";
import { AddFavorite, BookingStatusChanged, CancelBooking, CreateBooking, HomeForMe, Me, MyBookings, MyFavorites, OfferDetail, OfferQuota, RefreshToken, Register } from "../generated/documents.js";
import { Browser, type Without } from "./browser.js";
import { faultsBefore, randomOf } from "./faults.js";

interface Options {
  readonly url: string;
  readonly origin: string;
  readonly key: JsonWebKey;
  readonly offers: readonly string[];
  readonly sessions: number;
  readonly seed: number;
  readonly without?: Without;
  readonly lost?: number;
}

const options = JSON.parse(process.argv[2] ?? "{}") as Options;
const without = options.without ?? "nothing";
const random = randomOf(options.seed);
const faults = await faultsBefore(options, random);
const tell = (line: unknown) => process.stdout.write(`${JSON.stringify(line)}\n`);
const paused = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const createBooking = without === "keys" ? { ...CreateBooking, key: [] } : CreateBooking;

const PARIS = { lat: 48.8566, lng: 2.3522 };
type Wrong = "signed out" | "booked otherwise than once" | "own write missed" | "not told" | "refreshed more than once" | "failed";
const wrong: { [what in Wrong]?: number } = {};
const examples: string[] = [];
const totals = { expired: 0, exchanged: 0, notModified: 0, missed: 0, told: 0 };

function note(what: Wrong, detail: string): void {
  wrong[what] = (wrong[what] ?? 0) + 1;
  if (examples.length < 10) examples.push(`${what}: ${detail}`);
}

/** The data; a failure is noted. */
function dataOf<T>(step: string, { data, error }: Result<T>): T | null {
  if (error) note(error.code === "SIGNED_OUT" || error.code === "UNAUTHENTICATED" ? "signed out" : "failed", `${step}: ${error.code} ${error.message}`);
  return error ? null : data;
}

async function remaining(tab: YousoonClient, offer: string): Promise<number | undefined> {
  return dataOf("quota", await tab.query(OfferQuota, { id: offer }))?.offer?.quota?.remaining ?? undefined;
}

/** Both tabs see what one of them has written. */
async function bothSee(browser: Browser, what: string, seen: (tab: YousoonClient) => Promise<boolean>): Promise<void> {
  // The other tab is told of the write; nobody changes tabs within this time.
  await paused(10);
  for (const [at, ok] of (await Promise.all(browser.tabs.map(seen))).entries()) if (!ok) note("own write missed", `${what} in tab ${at}`);
}

/** All bookings of the offer, as the tab is told them. */
async function bookingsOf(tab: YousoonClient, offer: string) {
  const data = dataOf("bookings", await tab.query(MyBookings, {}));
  return data?.myBookingsConnection.edges.map(({ node }) => node).filter((booking) => booking.offer.id === offer) ?? [];
}

async function session(number: number, offer: string): Promise<void> {
  const socket = number % 2 === 0;
  const url = `${faults.url}/browser-${number}/graphql`;
  const hasLocks = number % 4 !== 3;
  const browser = new Browser({ url, key: options.key, without, hasLocks, socket });
  const [first, second] = browser.tabs;
  const id = await signedUp(first, number);
  const maybeExpired = () => random() < 0.7 && browser.expire();

  const before = await remaining(first, offer);
  if ((await remaining(second, offer)) !== before || before === undefined) note("own write missed", "the places differ at the start");
  // A token expires while requests that were refused with the one before still wait. Tabs without locks bear that
  // only if a token lives longer than the half minute in which refreshes are repeated.
  const everyTab = () => browser.tabs.flatMap((tab) => [tab.query(Me), tab.query(Me), tab.query(Me)]);
  browser.expire();
  const early = everyTab();
  await paused(random() * 400);
  if (hasLocks) browser.expire();
  for (const me of await Promise.all([...early, ...everyTab()])) if (dataOf("me", me)?.me?.id !== id) note("signed out", "me is somebody else");

  // The edge answers the public part of it whatever the token is.
  browser.expire();
  const home = dataOf("home", await first.query(HomeForMe, { location: PARIS }));
  if (home?.me?.id !== id || home.offers.edges.length === 0) note("signed out", "the home page is somebody else's");

  maybeExpired();
  const booked = dataOf("booking", await first.mutate(createBooking, { offerId: offer }));
  await bothSee(browser, "the place that was taken", async (tab) => (await remaining(tab, offer)) === (before ?? 0) - 1);
  await bothSee(browser, "the booking", async (tab) => (await bookingsOf(tab, offer)).some((one) => one.id === booked?.createBooking.id));
  const bookings = await bookingsOf(first, offer);
  if (bookings.length !== 1) note("booked otherwise than once", `${bookings.length} times`);

  if (booked) await followed(browser, booked.createBooking.id, async () => {
    maybeExpired();
    dataOf("cancelling", await second.mutate(CancelBooking, { id: booked.createBooking.id }));
    await bothSee(browser, "the place that was given back", async (tab) => (await remaining(tab, offer)) === before);
  });

  maybeExpired();
  dataOf("favourite", await first.mutate(AddFavorite, { offerId: offer }));
  await bothSee(browser, "the favourite", async (tab) => dataOf("favourites", await tab.query(MyFavorites))?.me?.favorites.some((one) => one.id === offer) ?? false);
  dataOf("offer", await first.query(OfferDetail, { id: offer }));
  dataOf("offer", await first.query(OfferDetail, { id: offer }));
  if (browser.signedOut > 0) note("signed out", `${browser.signedOut} times`);
  // Two tabs without locks may send one token at once; then it is the same one.
  if (browser.exchanged.size > browser.expired) note("refreshed more than once", `${browser.exchanged.size} for ${browser.expired}`);
  totals.expired += browser.expired;
  totals.exchanged += browser.exchanged.size;
  totals.notModified += browser.notModified;
  browser.close();
}

/** Creates the account without faults: `register` may not be repeated. */
async function signedUp(tab: YousoonClient, number: number): Promise<string> {
  const direct = createYousoonClient({ url: `${options.url}/graphql`, refresh: RefreshToken });
  const email = `guest-${options.seed}-${without}-${number}@sessions.example`;
  const input = { email, password: "correct horse battery", firstName: "Zoé", lastName: "Dupont" };
  const { data, error } = await direct.mutate(Register, { input });
  direct.close();
  if (!data) throw new Error(`no account: ${error?.code}`);
  await tab.signIn(data.register);
  return data.register.user.id;
}

/** Follows a booking in both tabs while `change` cancels it; both hear of it, whatever is cut. */
async function followed(browser: Browser, bookingId: string, change: () => Promise<void>): Promise<void> {
  const heard = browser.tabs.map(
    (tab) =>
      new Promise<boolean>((resolve) => {
        const timer = setTimeout(() => resolve(false), 30_000);
        const done = (ok: boolean): void => (clearTimeout(timer), stop(), resolve(ok));
        const stop: () => void = tab.subscribe(BookingStatusChanged, { bookingId }, {
          next: ({ data }) => data?.bookingStatusChanged.status === "CANCELLED" && done(true),
          // What had been said before the connection broke is not said again: the app reads.
          async missed() {
            totals.missed += 1;
            const { data } = await tab.query(MyBookings, {});
            if (data?.myBookingsConnection.edges.some(({ node }) => node.id === bookingId && node.status === "CANCELLED")) done(true);
          },
          error: (error) => (note("failed", `subscription: ${error.code} ${error.message}`), done(false)),
        });
      }),
  );
  await paused(random() * 400);
  await change();
  for (const ok of await Promise.all(heard)) {
    if (ok) totals.told += 1;
    else note("not told", bookingId);
  }
}

let next = 0;
let finished = 0;
setInterval(() => tell({ progress: finished }), 5_000);
async function worker(offer: string): Promise<void> {
  for (let number = next++; number < options.sessions; number = next++) {
    await session(number, offer).catch((error: unknown) => note("failed", String(error)));
    finished += 1;
  }
}

const began = Date.now();
await Promise.all(options.offers.map(worker));
const tookS = Math.round((Date.now() - began) / 1_000);
tell({ done: { sessions: options.sessions, tookS, wrong, examples, faults: faults.counts, ...totals } });
process.exit(0);
