// The plugin of GraphQL Code Generator that writes a typed document for each published one. It stands after
// `typescript` and `typescript-operations`, whose types it names, with `namingConvention: "keep"`. Its configuration:
//
//   manifest: the file that `pq build` wrote
//   client:   the client whose documents they are, as the loader is told
//   nodes:    true if the documents are also DocumentNodes, which Apollo Client and urql need
const { isInputObjectType, isNonNullType, isListType, parse } = require("graphql");
const { published } = require("./loader.cjs");
const repeats = require("./repeats.json");

const KEY = "idempotencyKey";

/** @type {import("@graphql-codegen/plugin-helpers").PluginFunction} */
function plugin(schema, files, { manifest, client, nodes = false }) {
  const entries = new Map(published(manifest, client).map((entry) => [entry.name, entry]));
  const definitions = files.flatMap(({ document }) => document.definitions);
  const operations = definitions.filter(({ kind }) => kind === "OperationDefinition");
  const content = operations.map((operation) => written(schema, operation, entries.get(operation.name.value), nodes));
  const prepend = [`import type { YousoonDocument } from "@yousoon/client";`];
  if (nodes) prepend.push(`import type { TypedDocumentNode } from "@graphql-typed-document-node/core";`);
  return { prepend, content: content.join("\n") };
}

function written(schema, operation, entry, nodes) {
  const name = operation.name.value;
  if (!entry) throw new Error(`${name} is not in the manifest: generate documents of the manifest alone`);
  const shared = entry.type === "query" && entry.policy.scope === "public";
  const known = { name, operation: entry.type, hash: entry.id, shared };
  if (entry.type === "mutation") Object.assign(known, ofMutation(schema, operation));
  const kind = entry.type[0].toUpperCase() + entry.type.slice(1);
  const types = `${name}${kind}, ${name}${kind}Variables`;
  const ours = `YousoonDocument<${types}, "${entry.type}">`;
  if (!nodes) return `export const ${name}: ${ours} = ${JSON.stringify(known)};`;
  const both = { ...known, ...parse(entry.body, { noLocation: true }) };
  return `export const ${name} = ${JSON.stringify(both)} as unknown as ${ours} & TypedDocumentNode<${types}>;`;
}

/** Where its idempotency key is, and whether it may be sent again. */
function ofMutation(schema, operation) {
  const fields = operation.selectionSet.selections.filter(({ kind }) => kind === "Field");
  const types = schema.getMutationType().getFields();
  const paths = fields.map((field) => keyOf(types[field.name.value], field));
  const key = paths.find((path) => path !== undefined);
  const limits = fields.map((field, at) => limitOf(field.name.value, paths[at] !== undefined));
  const repeat = limits.includes("never") ? "never" : Math.min(...limits);
  return { ...(key && { key }), ...(repeat !== Infinity && { repeat }) };
}

/** The path of the variable that is the field's idempotency key. */
function keyOf(type, field) {
  for (const { name, value } of field.arguments) {
    if (value.kind !== "Variable") continue;
    if (name.value === KEY) return [value.name.value];
    const input = named(type.args.find((argument) => argument.name === name.value).type);
    if (isInputObjectType(input) && KEY in input.getFields()) return [value.name.value, KEY];
  }
  return undefined;
}

function named(type) {
  return isNonNullType(type) || isListType(type) ? named(type.ofType) : type;
}

/** For how many seconds a mutation may be repeated, or "never". A mutation that nobody has looked at is not. */
function limitOf(mutation, hasKey) {
  const rule = repeats[mutation] ?? "never";
  if (rule === "key") return hasKey ? Infinity : "never";
  return rule === "always" ? Infinity : rule;
}

module.exports = { plugin };
