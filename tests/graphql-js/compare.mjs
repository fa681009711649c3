// Compares the origin's answers with those of graphql-js, over the same data and the same failures.
//
//   node tests/graphql-js/compare.mjs FILE
//
// FILE has lines of JSON. The first is {"sdl", "data", "nullable"}: `data` has the value of each root
// field, `nullable` the names of fields that may be null.
// Each other line is {"document", "variables", "seed", "rate", "data", "paths"}: the origin's data,
// and the paths of its errors. Prints {"documents", "failures", "differences"}.
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { buildSchema, execute, parse, validate } from "graphql";

/** Whether the value at a path fails; the origin's tests have the same rule. What may be null fails
 *  more often: most other failures leave nothing of the answer. */
function fails({ seed, rate }, path) {
  const name = String(path.at(-1)).replace(/^a_/, "");
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(`${seed} ${JSON.stringify(path)}`)) {
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  }
  return hash % 1000 < (nullable.has(name) ? 10 * rate : rate);
}

function pathOf(at) {
  return at === undefined ? [] : [...pathOf(at.prev), at.key];
}

/** A root field with an `id` is recorded by it, and a name in English as `name_EN`. */
function recorded(source, args, name) {
  if (args.locale === "EN") return source[`${name}_EN`];
  const byId = `${name}:${args.id}`;
  return byId in source ? source[byId] : source[name];
}

function fieldResolver(source, args, rule, info) {
  const path = pathOf(info.path);
  if (fails(rule, path)) throw new Error("failed");
  const value = recorded(source, args, info.fieldName);
  if (value === undefined) throw new Error(`${JSON.stringify(path)} is not recorded`);
  if (!Array.isArray(value)) return value;
  return value.map((item, at) => (fails(rule, [...path, at]) ? new Error("failed") : item));
}

/** Where the null is that a failure made. An executor may leave out the errors of the siblings of a
 *  failure that made their parent null, so nulls are compared, and not the errors behind them. */
function nullOf(data, path) {
  let value = data;
  for (let depth = 0; depth <= path.length; depth += 1) {
    if (value === null) return JSON.stringify(path.slice(0, depth));
    value = value?.[path[depth]];
  }
  return `no null at ${JSON.stringify(path)}`;
}

function nullsOf(data, paths) {
  return [...new Set(paths.map((path) => nullOf(data, path)))].sort();
}

function compare(schema, rootValue, line) {
  const document = parse(line.document);
  const invalid = validate(schema, document);
  if (invalid.length > 0) throw new Error(`${invalid[0].message}: ${line.document}`);
  const { data, errors = [] } = execute({
    schema,
    document,
    rootValue,
    variableValues: line.variables,
    contextValue: line,
    fieldResolver,
  });
  const unexpected = errors.find((error) => error.message !== "failed");
  if (unexpected) throw new Error(`${unexpected.message}: ${line.document}`);
  const paths = errors.map((error) => error.path);
  const expected = [data, nullsOf(data, paths)];
  const actual = [line.data, nullsOf(line.data, line.paths)];
  const same = JSON.stringify(expected) === JSON.stringify(actual);
  return { failures: paths.length, difference: same ? undefined : { ...line, expected, actual } };
}

const report = { documents: 0, failures: 0, differences: [] };
let schema;
let rootValue;
let nullable;
for await (const text of createInterface({ input: createReadStream(process.argv[2]) })) {
  const line = JSON.parse(text);
  if (schema === undefined) {
    schema = buildSchema(line.sdl);
    rootValue = line.data;
    nullable = new Set(line.nullable);
    continue;
  }
  const { failures, difference } = compare(schema, rootValue, line);
  report.documents += 1;
  report.failures += failures;
  if (difference) report.differences.push(JSON.stringify(difference));
}
process.stdout.write(JSON.stringify(report));
