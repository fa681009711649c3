// Writes codegen/repeats.json, which says of each mutation whether a client may send it again without having heard
// an answer. It is made of the table in docs/repeats.md, which the server's tests hold to what the server does.
//
//   node scripts/repeats.mjs [--check]
import { keepOrCheck, readFromRoot } from "./generated.mjs";

const SECONDS = { "two seconds": 2, "ten seconds": 10, "half a minute": 30, "a minute": 60, "ten minutes": 600, "half an hour": 1_800 };

/** What a row of the table means: "always", "key" (with an idempotency key only), "never", or for how many seconds. */
function ruleOf(gets, long) {
  if (gets.startsWith("with the same `idempotencyKey`")) return "key";
  // A refusal would hide that it was done; a second thing is worse.
  if (/^`[A-Z_]+`/.test(gets)) return "never";
  const limit = Object.entries(SECONDS).find(([words]) => long.startsWith(words));
  // What it answers later is another thing: a client that knows the limit stops before.
  return limit ? limit[1] : "always";
}

const table = readFromRoot("docs/repeats.md").matchAll(/^\| (`[^|]+) \| ([^|]+) \| ([^|]+) \|$/gm);
const rules = {};
for (const [, names, gets, long] of table)
  for (const [, name] of names.matchAll(/`(\w+)`/g)) rules[name] = ruleOf(gets.trim(), long.trim());
const sorted = Object.fromEntries(Object.entries(rules).sort(([a], [b]) => (a < b ? -1 : 1)));
keepOrCheck("codegen/repeats.json", `${JSON.stringify(sorted, null, 2)}\n`);
