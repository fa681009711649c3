// The shape of a day: how many people there are in each hour, and where they gather. The same in each run, but
// for the dice of each request.
import { KM_PER_DEGREE, rounded } from "./places.js";

/// People in each hour from midnight on, of a hundred at the busiest one: an app for going out is asked at noon
/// and from six in the evening on.
export const HOURS = [
  30, 18, 10, 5, 3, 3, 5, 9, 14, 18, 24, 38, 50, 40, 28, 28, 36, 55, 80, 96, 100, 92, 70, 48,
];

const QUARTERS = 40;
const RADIUS_KM = 4;
const SPREAD_KM = 0.25;
/// As 1/n: the most popular quarter has nearly a quarter of the people.
const WEIGHTS = [...Array(QUARTERS).keys()].map((n) => 1 / (n + 1));
const SUM = WEIGHTS.reduce((sum, weight) => sum + weight, 0);

/// The random numbers of a seed (mulberry32).
function dice(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/// The quarters of a city, the most popular first: offices and shops by day, bars by night.
function quarters({ lat, lng }, seed) {
  const next = dice(seed);
  return WEIGHTS.map(() => at(lat, lng, RADIUS_KM * Math.sqrt(next()), 2 * Math.PI * next()));
}

function at(lat, lng, km, angle) {
  const east = KM_PER_DEGREE * Math.cos((lat * Math.PI) / 180);
  return { lat: lat + (km * Math.sin(angle)) / KM_PER_DEGREE, lng: lng + (km * Math.cos(angle)) / east };
}

/// The city with its people where they are at that hour; `hour` says which it is.
export function gathering(city, hour) {
  const seed = Math.round(city.lat * 1e4);
  const [byDay, byNight] = [quarters(city, seed), quarters(city, seed + 1)];
  const place = () => {
    const now = hour();
    const all = now >= 8 && now < 18 ? byDay : byNight;
    let left = Math.random() * SUM;
    const quarter = all[WEIGHTS.findIndex((weight) => (left -= weight) < 0)] ?? all[0];
    // Most are near the middle of their quarter.
    const km = SPREAD_KM * Math.sqrt(-Math.log(1 - Math.random()));
    const { lat, lng } = at(quarter.lat, quarter.lng, km, 2 * Math.PI * Math.random());
    return rounded(lat, lng);
  };
  return { ...city, gathering: place };
}
