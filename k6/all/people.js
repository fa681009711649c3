// The accounts of the test, made before it begins: guests, and partners with offers to book.
import http from "k6/http";
import { sleep } from "k6";
import { addressOf, dataOf, posted } from "./api.js";
import { placeIn, randomCity } from "./places.js";

const { MAILBOX, OPERATOR } = __ENV;
export const PASSWORD = "correct horse battery";
const PARTNERS = 10;
/// Their numbers, and so their addresses, are no virtual user's.
const FIRST_PARTNER = 10_000;
const FIRST_OPERATOR = 20_000;
const OFFERS_OF_A_PARTNER = 20;
/// Hashing more passwords at once would be refused with OVERLOADED.
const AT_ONCE = 4;
/// How long another origin may go on believing that an account has no partner.
const ACCOUNT_STATE_S = 2.5;
const SIGN_INS_AT_REST = 9;
/// How often the mailbox is looked at, and for how long at most.
const LOOK_EVERY_S = 0.5;
const LOOKS = 60;
const DAY_MS = 86_400_000;

/// The setup's own requests are not measured as those of the test.
const beforehand = (operation) => `beforehand ${operation}`;

export function registration(name) {
  const email = `${name}@load.example`;
  return { input: { email, password: PASSWORD, firstName: "Zoé", lastName: "d'Été" } };
}

/// Sends the same operation for many callers, some at a time.
function all(operation, asked, atOnce = AT_ONCE) {
  const answered = [];
  for (let from = 0; from < asked.length; from += atOnce) {
    const some = asked.slice(from, from + atOnce);
    const name = beforehand(operation);
    const requests = some.map(({ variables, caller }) => posted(operation, variables, caller, name));
    for (const response of http.batch(requests)) {
      const data = dataOf(name, response);
      if (data === null) throw new Error(`${operation} failed before the test began`);
      answered.push(data);
    }
  }
  return answered;
}

/// An account for each number, which also says its address.
function register(kind, numbers) {
  const run = Date.now().toString(36);
  const asked = numbers.map((number) => ({
    variables: registration(`${kind}-${run}-${number}`),
    caller: { address: addressOf(number) },
  }));
  return all("Register", asked).map(({ register }, n) => ({
    email: asked[n].variables.input.email,
    address: asked[n].caller.address,
    token: register.accessToken,
    refreshToken: register.refreshToken,
  }));
}

/// Opens the links that were sent with the accounts: who founds a partner has verified their address.
function verify(people) {
  const waiting = new Map(people.map((person) => [person.email, person]));
  const opened = [];
  for (let look = 0; look < LOOKS && waiting.size > 0; look++) {
    for (const { to, text } of http.get(MAILBOX).json()) {
      const person = waiting.get(to[0]);
      const token = /[?&]token=([^\s&]+)/.exec(text)?.[1];
      if (!person || !token) continue;
      waiting.delete(person.email);
      opened.push({ variables: { token }, caller: person });
    }
    if (waiting.size > 0) sleep(LOOK_EVERY_S);
  }
  if (waiting.size > 0) throw new Error(`no link was sent to ${[...waiting.keys()]}`);
  all("VerifyEmail", opened);
}

/// What a sign-in takes when nothing else runs: as good as all of it is the password's hash.
function hashMs(guests) {
  const took = guests.slice(0, SIGN_INS_AT_REST).map((guest) => {
    const variables = { input: { email: guest.email, password: PASSWORD } };
    const { method, url, body, params } = posted("Login", variables, guest, beforehand("Login"));
    return http.request(method, url, body, params).timings.duration;
  });
  return took.sort((a, b) => a - b)[Math.floor(took.length / 2)];
}

/// Accounts that each own a new partner, with offers that can be booked at any time.
function partners() {
  const numbers = [...Array(PARTNERS).keys()].map((n) => FIRST_PARTNER + n);
  const people = register("partner", numbers);
  verify(people);
  const created = all(
    "CreatePartner",
    people.map((caller, n) => ({
      variables: { input: { name: `Comptoir ${n}`, category: "BAR" } },
      caller,
    })),
  );
  sleep(ACCOUNT_STATE_S);
  const owners = people.map((person, n) => ({ ...person, partner: created[n].createPartner.id }));
  const places = all(
    "CreateEstablishment",
    owners.map((caller) => ({ variables: establishment(caller.partner), caller })),
  );
  approve(owners);
  return owners.map((owner, n) => {
    const place = places[n].createEstablishment.id;
    const offers = [...Array(OFFERS_OF_A_PARTNER).keys()].map((number) => ({
      variables: { input: offer({ ...owner, place }, `-20 % sur la tournée ${number}`) },
      caller: owner,
    }));
    const [published, ...bookable] = all("CreateOffer", offers, OFFERS_OF_A_PARTNER).map(
      ({ createOffer }) => createOffer.id,
    );
    return { ...owner, place, published, offers: bookable };
  });
}

/// Has an operator approve the partners: nobody sees or books before. `cargo xtask load` makes the account of
/// this address an administrator once it is verified.
function approve(owners) {
  all(
    "SubmitPartner",
    owners.map((caller, n) => ({ variables: { id: caller.partner, siret: siret(n) }, caller })),
  );
  const address = addressOf(FIRST_OPERATOR);
  const { input } = registration("operator");
  const variables = { input: { ...input, email: OPERATOR } };
  const [{ register }] = all("Register", [{ variables, caller: { address } }]);
  const caller = { email: OPERATOR, address, token: register.accessToken };
  verify([caller]);
  for (let look = 0; look < LOOKS; look++) {
    const asked = posted("PartnersToReview", {}, caller, beforehand("PartnersToReview"));
    const response = http.request(asked.method, asked.url, asked.body, asked.params);
    if (response.json("data.partnersToReview")) break;
    sleep(LOOK_EVERY_S);
  }
  // What one origin knows of the account the other knows as well.
  sleep(ACCOUNT_STATE_S);
  all(
    "ApprovePartner",
    owners.map(({ partner }) => ({ variables: { id: partner }, caller })),
  );
}

/// A number that passes the register's check (Luhn).
function siret(n) {
  const digits = [...`${73282932 * 100000 + n}`];
  const sum = digits
    .reverse()
    .map((digit, place) => Number(digit) * (place % 2 === 0 ? 2 : 1))
    .reduce((all, value) => all + Math.floor(value / 10) + (value % 10), 0);
  return `${73282932 * 100000 + n}${(10 - (sum % 10)) % 10}`;
}

function establishment(partnerId) {
  const address = { street: "1 rue Pasteur", city: "Paris", postalCode: "75011" };
  const location = placeIn(randomCity());
  return { partnerId, input: { name: "Comptoir des Lilas", address, location } };
}

/// An offer without a schedule: it is open whenever the test runs.
export function offer({ partner, place }, title) {
  const now = Date.now();
  return {
    partnerId: partner,
    establishmentId: place,
    title,
    description: "Poussez la porte pour l'apéritif.",
    category: "BAR",
    discount: { percentage: 20 },
    conditions: ["Sur réservation"],
    validFrom: new Date(now - DAY_MS).toISOString(),
    validUntil: new Date(now + 30 * DAY_MS).toISOString(),
  };
}

/// All accounts, those of guests by their numbers, and what a hash takes on this machine.
export function prepare(guestNumbers) {
  const registered = register("guest", guestNumbers);
  const guests = {};
  registered.forEach((guest, n) => (guests[guestNumbers[n]] = guest));
  return { guests, partners: partners(), hashMs: hashMs(registered) };
}
