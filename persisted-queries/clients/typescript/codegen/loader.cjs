// Gives GraphQL Code Generator the documents of a manifest that `pq build` wrote:
//
//   documents: { "manifest.json": { loader: "@yousoon/client/codegen/loader", client: "mobile" } }
const { readFileSync } = require("node:fs");
const { resolve } = require("node:path");
const { parse, print } = require("graphql");

/** The published documents of `client`, or of all clients. */
function published(path, client) {
  const { operations } = JSON.parse(readFileSync(resolve(path), "utf8"));
  // The edge asks for these itself, for documents that are partly private.
  const parts = new Set(operations.flatMap(({ split }) => (split ? [split.public, split.remainder] : [])));
  const isOurs = ({ id, clientName }) => !parts.has(id) && (client === undefined || [clientName].flat().includes(client));
  return operations.filter(isOurs);
}

/** All of them as one document. Those that share a fragment each bring it along: it is taken once. */
module.exports = (path, { client } = {}) => {
  const byName = new Map();
  for (const { body } of published(path, client))
    for (const definition of parse(body, { noLocation: true }).definitions) {
      const name = `${definition.kind} ${definition.name.value}`;
      const known = byName.get(name);
      if (known && print(known) !== print(definition)) throw new Error(`${path} has two of ${name}: name a client`);
      byName.set(name, definition);
    }
  return { kind: "Document", definitions: [...byName.values()] };
};
module.exports.published = published;
