// Who is who among the people of a test.
import { addressOf } from "./api.js";

/// One of twenty works for a partner, four are visitors of the site, and the rest have the app.
export function kindOf(number) {
  if (number % 20 === 0) return "partner";
  return number % 5 === 0 || number % 20 === 1 ? "visitor" : "guest";
}

/// A person, with what `prepare` made for them.
export function arrive(number, { guests, partners, hashMs }, city) {
  const kind = kindOf(number);
  const owner = partners[(number / 20) % partners.length];
  const account = { guest: guests[number], partner: owner, visitor: {} }[kind];
  return {
    ...account,
    kind,
    number,
    hashMs,
    city,
    caller: { address: addressOf(number), token: account.token },
    bookable: partners,
    seen: [],
    partners: [],
    last: null,
    actions: 0,
    booked: 0,
    signedUp: 0,
  };
}
