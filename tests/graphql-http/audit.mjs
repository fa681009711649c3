// Runs the audits of the package `graphql-http` against a server, and reads its schema by
// introspection.
//
//   node tests/graphql-http/audit.mjs URL
//
// Prints one line of JSON: {"audits": [{"id", "name", "status", "reason"}], "types": N}. N is the
// number of types in the schema. The status of an audit is "ok", or "error", "warn" or "notice" when
// the server breaks a MUST, a SHOULD or a MAY of the specification.
import { buildClientSchema, getIntrospectionQuery } from "graphql";
import { serverAudits } from "graphql-http";

const [url] = process.argv.slice(2);
if (!url) {
  process.stderr.write("audit: a URL is required\n");
  process.exit(2);
}

const audits = [];
for (const audit of serverAudits({ url })) {
  const { id, name, status, reason } = await audit.fn();
  audits.push({ id, name, status, reason: reason?.toString() });
}

const answer = await fetch(url, {
  method: "POST",
  headers: { "content-type": "application/json", accept: "application/graphql-response+json" },
  body: JSON.stringify({ query: getIntrospectionQuery() }),
});
const { data, errors } = await answer.json();
if (errors) throw new Error(`introspection: ${JSON.stringify(errors)}`);
const types = Object.keys(buildClientSchema(data).getTypeMap()).length;

process.stdout.write(`${JSON.stringify({ audits, types })}\n`);
