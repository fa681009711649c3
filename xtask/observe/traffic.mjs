// Some traffic for `cargo xtask observe`: what guests and partners do, a few requests a second, through
// the edge.
//
//   TARGET=http://127.0.0.1:8787 MANIFEST=manifest.json MAILBOX=http://127.0.0.1:8025/mailbox.json node xtask/observe/traffic.mjs [--rounds N]
//
// With --rounds it ends after so many rounds, and with status 1 if a request was not answered as it
// should be. Without, it goes on until SIGTERM and only prints what went wrong.
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";

const { TARGET, MANIFEST, MAILBOX } = process.env;
const { values } = parseArgs({ options: { rounds: { type: "string" } } });
const rounds = Number(values.rounds ?? Infinity);

const PARIS = { lat: 48.8566, lng: 2.3522 };
/// Places that are asked for again: later rounds find them in caches.
const PLACES = 25;
const BETWEEN_REQUESTS_MS = 200;
const BETWEEN_ROUNDS_MS = 1_000;
/// How long an origin may go on believing that an account has no partner.
const ACCOUNT_STATE_MS = 2_500;
/// How often the mailbox is looked at, and for how long at most.
const LOOK_EVERY_MS = 500;
const LOOKS = 60;
const DAY_MS = 86_400_000;
const PASSWORD = "correct horse battery";
const RUN = Date.now().toString(36);

const ids = {};
for (const { name, id } of JSON.parse(readFileSync(MANIFEST, "utf8")).operations) ids[name] = id;

const headers = (token) => ({
  accept: "application/graphql-response+json",
  "graphql-client-name": "observe",
  ...(token && { authorization: `Bearer ${token}` }),
});

/// The answer's body; throws unless it is of the expected kind.
async function answer(operation, response, refused = false) {
  const text = await response.text();
  const body = JSON.parse(text);
  if (response.status !== 200 || Boolean(body.errors) !== refused) {
    throw new Error(`${operation}: ${response.status} ${text.slice(0, 500)}`);
  }
  await sleep(Number.isFinite(rounds) ? 0 : BETWEEN_REQUESTS_MS);
  return body.data;
}

/// A shared document: GET, so that each cache on the way may answer.
async function read(operation, variables) {
  const encoded = encodeURIComponent(JSON.stringify(variables));
  const url = `${TARGET}/graphql/${ids[operation]}?variables=${encoded}`;
  return answer(operation, await fetch(url, { headers: headers() }));
}

/// A document that is executed for its caller.
async function run(operation, variables, token, refused = false) {
  const sent = { ...headers(token), "content-type": "application/json" };
  const body = JSON.stringify({ documentId: ids[operation], variables });
  const response = await fetch(`${TARGET}/graphql`, { method: "POST", headers: sent, body });
  return answer(operation, response, refused);
}

async function register(name) {
  const input = { email: `${name}-${RUN}@example.com`, password: PASSWORD };
  const data = await run("Register", { input: { ...input, firstName: "Zoé", lastName: "d'Été" } });
  return { ...input, token: data.register.accessToken };
}

/// Opens the link that came with the account: who founds a partner has verified their address.
async function verify({ email, token }) {
  for (let look = 0; look < LOOKS; look++) {
    const mails = await (await fetch(MAILBOX)).json();
    const mail = mails.findLast(({ to }) => to[0] === email);
    const link = mail && /[?&]token=([^\s&]+)/.exec(mail.text);
    if (link) return run("VerifyEmail", { token: link[1] }, token);
    await sleep(LOOK_EVERY_MS);
  }
  throw new Error(`no link was sent to ${email}`);
}

/// A partner with an offer that is open at any time.
async function openPlace() {
  const owner = await register("partner");
  await verify(owner);
  const { token } = owner;
  const created = await run("CreatePartner", { input: { name: "Comptoir", category: "BAR" } }, token);
  await sleep(ACCOUNT_STATE_MS);
  const partnerId = created.createPartner.id;
  const address = { street: "1 rue Pasteur", city: "Paris", postalCode: "75011" };
  const place = { name: "Comptoir des Lilas", address, location: PARIS };
  const made = await run("CreateEstablishment", { partnerId, input: place }, token);
  const input = {
    partnerId,
    establishmentId: made.createEstablishment.id,
    title: "-20 % sur la tournée",
    description: "Poussez la porte pour l'apéritif.",
    category: "BAR",
    discount: { percentage: 20 },
    validFrom: new Date(Date.now() - DAY_MS).toISOString(),
    validUntil: new Date(Date.now() + 30 * DAY_MS).toISOString(),
  };
  const offer = await run("CreateOffer", { input }, token);
  return { token, offer: offer.createOffer.id };
}

/// Looks at lists and at an offer.
async function lookAround(round) {
  const spread = (number) => ((number * 37) % PLACES) / PLACES / 20 - 0.025;
  const location = { lat: PARIS.lat + spread(round), lng: PARIS.lng + spread(round + 7) };
  await read("Home", {});
  const { offers } = await read("OffersNearby", { location, first: 20 });
  if (offers.edges.length === 0) return;
  const { id, partner } = offers.edges[round % offers.edges.length].node;
  await read("OfferDetail", { id });
  await read("OfferQuota", { id });
  await read("PartnerPage", { id: partner.id });
}

/// Books, and is checked in or cancels.
async function goOut(round, guest, place) {
  const variables = { offerId: place.offer, idempotencyKey: `${RUN}-${round}` };
  const { createBooking } = await run("CreateBooking", variables, guest.token);
  const { id } = createBooking;
  // One who has booked cannot book the same again.
  const again = { offerId: place.offer, idempotencyKey: `${RUN}-${round}-again` };
  await run("CreateBooking", again, guest.token, true);
  await run("MyBookings", { first: 20 }, guest.token);
  if (round % 2 === 0) {
    await run("CancelBooking", { id }, guest.token);
    return;
  }
  const { booking } = await run("BookingCode", { id }, guest.token);
  await run("CheckIn", { bookingId: id, qrCode: booking.qrCode }, place.token);
}

/// Changes an offer: its purge reaches every cache.
async function change(round, place) {
  const input = { discount: { percentage: [10, 15, 20, 25][round % 4] } };
  await run("UpdateOffer", { id: place.offer, input }, place.token);
}

/// Stays subscribed to new offers.
async function listen() {
  const location = JSON.stringify({ location: PARIS });
  const url = `${TARGET}/graphql/${ids.NewOfferNearby}?variables=${encodeURIComponent(location)}`;
  const sent = { ...headers(), accept: "text/event-stream" };
  for (;;) {
    try {
      const response = await fetch(url, { headers: sent });
      if (response.status !== 200) throw new Error(`NewOfferNearby: ${response.status}`);
      for await (const _chunk of response.body);
    } catch (error) {
      failed(error);
    }
    await sleep(BETWEEN_ROUNDS_MS);
  }
}

async function wrongPassword(guest) {
  const input = { email: guest.email, password: "something else" };
  await run("Login", { input }, undefined, true);
}

const failed = (error) => {
  console.error(`${error.message} ${error.cause ?? ""}`);
  if (Number.isFinite(rounds)) process.exit(1);
};

const people = async () => ({ guest: await register("guest"), place: await openPlace() });

let known;
if (!Number.isFinite(rounds)) listen();
for (let round = 0; round < rounds; round += 1) {
  try {
    known ??= await people();
    const { guest, place } = known;
    await lookAround(round);
    await goOut(round, guest, place);
    if (round % 5 === 0) await change(round, place);
    if (round % 10 === 0) await wrongPassword(guest);
  } catch (error) {
    failed(error);
  }
  if (Number.isFinite(rounds)) continue;
  await sleep(BETWEEN_ROUNDS_MS);
}
