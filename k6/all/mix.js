// What people do, and how often: see README.md for the reasons.
import { sleep } from "k6";
import { idOf, read, run, runHashing } from "./api.js";
import { PICTURE, uploadTo } from "./uploading.js";
import { PASSWORD, offer, registration } from "./people.js";
import { CATEGORIES, filters, pick, placeIn, searchWords } from "./places.js";

const { SHORT } = __ENV;
const THINK_S = 1;
const think = () => sleep(THINK_S);

// Each action gets a person: `city`, `caller` (address and token), `seen` (offers of the last list),
// `last` (the last list's variables and cursor), and what only some have.

function remember(person, list, variables, connection) {
  if (connection === undefined || connection.edges.length === 0) return;
  const nodes = connection.edges.map(({ node }) => node);
  person.seen = nodes.map(({ id }) => id);
  person.partners = nodes.map(({ partner }) => partner.id);
  const { hasNextPage, endCursor } = connection.pageInfo ?? {};
  person.last = hasNextPage ? { list, variables: { ...variables, after: endCursor } } : null;
}

function list(person, operation, variables) {
  const data = read(operation, variables, person.caller);
  if (data !== null) remember(person, operation, variables, data.offers);
}

const near = (person, more = {}) =>
  list(person, "OffersNearby", { location: placeIn(person.city), first: 20, ...more });

function nextPage(person) {
  if (!person.last) near(person);
  else list(person, person.last.list, person.last.variables);
}

function search(person) {
  const location = Math.random() < 0.7 ? placeIn(person.city) : undefined;
  list(person, "OfferSearch", { search: searchWords(), location, first: 20 });
}

/// A map of the person's surroundings: boxes whose corners many share.
function map(person) {
  const { lat, lng } = placeIn(person.city);
  const floor = (degrees) => Math.floor(degrees * 50) / 50;
  const [south, west] = [floor(lat), floor(lng)];
  const box = { south, west, north: south + 0.04, east: west + 0.04 };
  read("OfferMap", { box, zoom: 13 }, person.caller);
}

/// What is open now, or the best discounts, with the numbers beside the filters.
function filtered(person) {
  const location = placeIn(person.city);
  const more = pick([{ openNow: true }, { orderBy: "DISCOUNT" }, { orderBy: "RATING" }]);
  const input = { location, ...more };
  list(person, "OffersFiltered", { input: { ...input, first: 20 } });
  read("OfferFacets", { input }, person.caller);
  // Its next page is asked for by another document.
  person.last = null;
}

/// Types a word, letter by letter, and looks for it everywhere.
function type(person) {
  const text = searchWords();
  const typed = text.toLowerCase().slice(0, 4).trim();
  if (typed.length >= 2) read("SearchSuggestions", { text: typed }, person.caller);
  think();
  read("SearchEverything", { input: { text, location: placeIn(person.city) } }, person.caller);
}

function detail(person) {
  if (person.seen.length === 0) return near(person);
  const id = pick(person.seen);
  read("OfferDetail", { id }, person.caller);
  read("OfferQuota", { id }, person.caller);
  if (person.caller.token) run("OfferIsFavorite", { id }, person.caller);
}

function partnerPage(person) {
  if (person.partners.length === 0) return list(person, "Home", {});
  read("PartnerPage", { id: pick(person.partners) }, person.caller);
}

const home = (person) => list(person, "Home", {});
/// The cities, and the page of one of them.
function cityPage({ caller }) {
  const data = read("CityDirectory", {}, caller);
  const cities = data?.cities.edges ?? [];
  if (cities.length > 0) read("CityPage", { slug: pick(cities).node.slug }, caller);
}

const categories = (person) => read("Categories", {}, person.caller);
const categoryPage = (person) => list(person, "CategoryPage", { categories: [pick(CATEGORIES)] });

const profile = ({ caller }) => run("Me", {}, caller);
const bookings = ({ caller }) => run("MyBookings", { first: 20 }, caller);
const inbox = ({ caller }) => run("Notifications", { first: 20 }, caller);
const favorites = ({ caller }) => run("MyFavorites", {}, caller);

function editProfile({ caller }) {
  const preferences = {
    language: "FRENCH",
    categories: [pick(CATEGORIES)],
    newsByEmail: false,
    newsByPush: true,
    newsBySms: false,
  };
  run("UpdateProfile", { input: { firstName: "Zoé", preferences } }, caller);
}

function favorite({ caller, seen }) {
  if (seen.length === 0) return;
  const offerId = pick(seen);
  run("AddFavorite", { offerId }, caller);
  think();
  if (SHORT || Math.random() < 0.5) run("RemoveFavorite", { offerId }, caller);
}

/// Books an offer of one of the test's partners; null if that failed.
function book(person) {
  person.booked += 1;
  // Each person goes another way through the offers, and books none twice while it is open.
  const at = pick(person.bookable);
  const offerId = at.offers[(person.number + person.booked) % at.offers.length];
  const idempotencyKey = `${person.number}-${person.booked}-${Date.now()}`;
  const data = run("CreateBooking", { offerId, idempotencyKey }, person.caller);
  return data && { id: data.createBooking.id, at };
}

/// Books, shows the code on the spot, and the partner's staff scan it.
function goOut(person) {
  const booking = book(person);
  if (booking === null) return;
  const { id, at } = booking;
  think();
  run("BookingDetail", { id }, person.caller);
  think();
  const shown = run("BookingCode", { id }, person.caller);
  if (shown === null) return;
  run("ScannedBooking", { id }, at);
  run("CheckIn", { bookingId: id, qrCode: shown.booking.qrCode }, at);
}

function changeMind(person) {
  const booking = book(person);
  if (booking === null) return;
  think();
  run("CancelBooking", { id: booking.id }, person.caller);
}

function take(person, payload) {
  if (!payload) return;
  person.caller = { ...person.caller, token: payload.accessToken };
  person.refreshToken = payload.refreshToken;
}

const refresh = (person) =>
  take(person, run("RefreshToken", { token: person.refreshToken }, person.caller)?.refreshToken);

function signInAgain(person) {
  run("Logout", {}, person.caller);
  const input = { email: person.email, password: PASSWORD };
  const anonymous = { address: person.caller.address };
  take(person, runHashing("Login", { input }, anonymous, person.hashMs)?.login);
}

function signUp(person) {
  person.signedUp += 1;
  const variables = registration(`new-${person.number}-${person.signedUp}-${Date.now()}`);
  runHashing("Register", variables, { address: person.caller.address }, person.hashMs);
}

const day = (ms) => new Date(ms).toISOString().slice(0, 10);

const ownOffers = ({ caller, partner }) =>
  run("PartnerOffers", { partnerId: partner, first: 20 }, caller);
const ownPartner = ({ caller }) => run("MyPartner", {}, caller);
const team = ({ caller, partner }) => run("Team", { partnerId: partner }, caller);

function stats({ caller, partner }) {
  const now = Date.now();
  const range = { from: day(now - 30 * 86_400_000), to: day(now) };
  run("PartnerStats", { partnerId: partner, ...range }, caller);
}

function editOffer({ caller, offers }) {
  const input = { discount: { percentage: pick([10, 15, 20, 25, 30]) } };
  run("UpdateOffer", { id: pick(offers), input }, caller);
}

/// Takes an offer that nobody books here out of all lists, and back.
function pause({ caller, published }) {
  run("PauseOffer", { id: published }, caller);
  think();
  run("ResumeOffer", { id: published }, caller);
}

/// Publishes an offer in place of the one before it. Its title says when: subscribers compare.
function publish(person) {
  const { caller, published } = person;
  const input = offer(person, `Nouveau à ${Date.now()}`);
  const data = run("CreateOffer", { input }, caller);
  if (data === null) return;
  run("DeleteOffer", { id: published }, caller);
  person.published = data.createOffer.id;
}

function editPlace({ caller, place }) {
  const openingHours = [{ weekday: "FRIDAY", opens: "17:00", closes: pick(["01:00", "02:00"]) }];
  run("UpdateEstablishment", { id: place, input: { openingHours } }, caller);
}

/// Uploads a picture of an offer: the form, the file to the bucket, and the picture that is made of it.
function upload({ caller, partner }) {
  const { contentType, size } = PICTURE;
  const input = { purpose: "OFFER", partnerId: partner, contentType, size };
  const form = run("RequestPartnerUpload", { input }, caller)?.requestUpload;
  if (form && uploadTo(form)) run("CompletePartnerUpload", { id: form.uploadId }, caller);
}

/// How many of a thousand actions are of each kind, and the operations that it may send.
const GUEST = [
  [120, near, ["OffersNearby"]],
  [30, map, ["OfferMap"]],
  [20, filtered, ["OffersFiltered", "OfferFacets"]],
  [20, type, ["SearchSuggestions", "SearchEverything"]],
  [110, (person) => near(person, filters()), ["OffersNearby"]],
  [60, nextPage, ["OffersNearby", "OfferSearch"]],
  [110, search, ["OfferSearch"]],
  [240, detail, ["OfferDetail", "OfferQuota", "OfferIsFavorite"]],
  [40, partnerPage, ["PartnerPage", "Home"]],
  [35, profile, ["Me"]],
  [35, bookings, ["MyBookings"]],
  [25, favorites, ["MyFavorites"]],
  [15, inbox, ["Notifications"]],
  [10, editProfile, ["UpdateProfile"]],
  [50, favorite, ["AddFavorite", "RemoveFavorite"]],
  [
    40,
    goOut,
    ["CreateBooking", "BookingDetail", "BookingCode", "ScannedBooking", "CheckIn"],
  ],
  [10, changeMind, ["CreateBooking", "CancelBooking"]],
  [25, refresh, ["RefreshToken"]],
  [4, signInAgain, ["Logout", "Login"]],
  [1, signUp, ["Register"]],
];

const VISITOR = [
  [240, home, ["Home"]],
  [40, cityPage, ["CityDirectory", "CityPage"]],
  [280, categoryPage, ["CategoryPage"]],
  [90, nextPage, ["CategoryPage", "OffersNearby"]],
  [50, categories, ["Categories"]],
  [200, partnerPage, ["PartnerPage"]],
  [100, detail, ["OfferDetail", "OfferQuota"]],
];

const PARTNER = [
  [280, ownOffers, ["PartnerOffers"]],
  [100, ownPartner, ["MyPartner"]],
  [150, stats, ["PartnerStats"]],
  [50, team, ["Team"]],
  [200, editOffer, ["UpdateOffer"]],
  [80, pause, ["PauseOffer", "ResumeOffer"]],
  [80, publish, ["CreateOffer", "DeleteOffer"]],
  [40, editPlace, ["UpdateEstablishment"]],
  [20, upload, ["RequestPartnerUpload", "CompletePartnerUpload"]],
];

const MIXES = { guest: GUEST, visitor: VISITOR, partner: PARTNER };
/// The operation that makes a picture, which is work of some tenths of a second.
export const MAKING = "CompletePartnerUpload";
/// The operations that hash a password.
export const HASHING = ["Login", "Register"];
/// All operations of the mix.
export const OPERATIONS = [
  ...new Set(Object.values(MIXES).flatMap((mix) => mix.flatMap(([, , operations]) => operations))),
  "Purge",
];
OPERATIONS.forEach(idOf);

/// Does one thing, and thinks.
export function act(person) {
  const mix = MIXES[person.kind];
  person.actions += 1;
  // A short run does everything in turn: by chance it would leave out what is rare.
  const [, action] = SHORT ? mix[(person.number + person.actions) % mix.length] : byShare(mix);
  action(person);
  think();
}

function byShare(mix) {
  let left = Math.random() * mix.reduce((sum, [share]) => sum + share, 0);
  return mix.find(([share]) => (left -= share) < 0) ?? mix[0];
}
