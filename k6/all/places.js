// Where people are, and what they look for.

// The cities of the sample offers, with their share of them.
const CITIES = [
  { share: 0.6, lat: 48.8566, lng: 2.3522 },
  { share: 0.22, lat: 45.757, lng: 4.838 },
  { share: 0.18, lat: 43.2965, lng: 5.381 },
];
const RADIUS_KM = 4;
export const KM_PER_DEGREE = 111.195;

export const CATEGORIES = [
  "RESTAURANT",
  "BAR",
  "CLUB",
  "CINEMA",
  "SPORT",
  "LEISURE",
  "EVENT",
  "OTHER",
];

// Words and beginnings of words in titles and descriptions, as they are typed: with and without
// accents.
const SEARCHES = [
  "cocktails",
  "cock",
  "planche apéro",
  "biere",
  "addition",
  "menu du déjeuner",
  "diner",
  "crêpes",
  "crep",
  "entrée",
  "soirée",
  "pop-corn",
  "deux places",
  "decouverte",
  "famille",
  "spectacle",
  "atelier",
  "brasserie",
  "pizzeria",
  "théâtre",
];

export const pick = (list) => list[Math.floor(Math.random() * list.length)];

/// A random city, by the share of offers.
export function randomCity() {
  let left = Math.random();
  for (const city of CITIES) {
    left -= city.share;
    if (left < 0) return city;
  }
  return CITIES[0];
}

/// A random place in a city, or where its people gather if it says so, with the four decimals (11 m) that the
/// app sends.
export function placeIn(city) {
  if (city.gathering) return city.gathering();
  const distance = RADIUS_KM * Math.sqrt(Math.random());
  const angle = 2 * Math.PI * Math.random();
  const north = (distance * Math.sin(angle)) / KM_PER_DEGREE;
  const east =
    (distance * Math.cos(angle)) / (KM_PER_DEGREE * Math.cos((city.lat * Math.PI) / 180));
  return rounded(city.lat + north, city.lng + east);
}

export function rounded(lat, lng) {
  const four = (degrees) => Math.round(degrees * 1e4) / 1e4;
  return { lat: four(lat), lng: four(lng) };
}

/// One or more filters of a list.
export function filters() {
  const chosen = {};
  if (Math.random() < 0.6) chosen.categories = [pick(CATEGORIES)];
  if (Math.random() < 0.4) chosen.minDiscount = pick([15, 20, 30]);
  if (Math.random() < 0.4) chosen.maxDistance = pick([1, 2, 5, 20]);
  return Object.keys(chosen).length === 0 ? { categories: ["RESTAURANT", "BAR"] } : chosen;
}

export const searchWords = () => pick(SEARCHES);
