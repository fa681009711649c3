// How the number of virtual users changes in the load tests, as the requirements say.
export const FULL = [
  { duration: "30s", target: 100 },
  { duration: "1m", target: 100 },
  { duration: "30s", target: 200 },
  { duration: "1m", target: 200 },
  { duration: "30s", target: 0 },
];
