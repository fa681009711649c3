// The API: what docs/origin.md asks of an origin, over HTTP. Its settings are PORT, EDGE_URL,
// EDGE_SECRET (hexadecimal, the edge's) and MANIFEST (what `pq build` wrote).
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { json } from "node:stream/consumers";
import { createGunzip, createInflate } from "node:zlib";
import { GraphQLError, execute, parse } from "graphql";
import { resolvers, schema } from "./library.mjs";
import { PurgeLog, relay } from "./purge-log.mjs";
import { asksFor, isSigned } from "./signature.mjs";

const { PORT = "4000", EDGE_URL, EDGE_SECRET = "", MANIFEST = "manifest.json" } = process.env;
const secret = Buffer.from(EDGE_SECRET, "hex");
if (secret.length < 16) throw new Error("EDGE_SECRET must have at least 16 bytes, in hexadecimal");

const log = new PurgeLog();
/** The published documents, by hash. `pq build` has validated them, and decided how they are cached. */
const documents = new Map();
for (const operation of JSON.parse(readFileSync(MANIFEST, "utf8")).operations) {
  documents.set(operation.id, { operation, document: parse(operation.body) });
}

const refusal = (status, code, message) => ({
  status,
  headers: { "cache-control": "no-store" },
  body: { errors: [{ message, extensions: { code } }] },
});
const notTheEdge = refusal(401, "UNAUTHENTICATED", "only the edge may ask");
const unknown = refusal(404, "PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound");

/** The edge asks what a document is and how it is cached. */
function documentOf(hash, { headers }) {
  if (!isSigned(secret, headers["yousoon-signature"], "document", hash)) return notTheEdge;
  // Before the document is read, as for answers.
  const asOf = log.asOf;
  const found = documents.get(hash);
  return found ? { status: 200, headers: { "yousoon-as-of": asOf }, body: found.operation } : unknown;
}

/** The edge asks for an answer: one that it will share, or a client's own. */
async function graphql(pathId, query, request) {
  if (asksFor(secret, request.headers) === null) return notTheEdge;
  const { hash, variableValues } = await requested(pathId, query, request);
  const found = documents.get(hash);
  if (!found) return unknown;
  const { operation, document } = found;
  // Before the first read: what is purged from now on may be missing in the answer.
  const asOf = log.asOf;
  const tags = new Set();
  let revision;
  const contextValue = {
    tags,
    purge: (purged) => (revision = log.append(purged)),
    // A real API verifies a token. The edge sends none when it asks for everybody.
    reader: request.headers.authorization?.match(/^Bearer (\w+)$/)?.[1] ?? null,
  };
  const body = await execute({ schema, document, rootValue: resolvers, contextValue, variableValues });
  const isShared = operation.policy.scope === "public" && operation.policy.maxAgeS > 0 && !body.errors;
  const headers = isShared ? sharing(operation.policy, tags, asOf) : { "cache-control": "private, no-store" };
  // From now on neither this client nor its edge accepts an answer from before its write.
  if (revision !== undefined) headers["yousoon-revision"] = String(revision);
  // The edge prefers an answer that it has to one in which a field failed here.
  if (body.errors?.some(isOurFault)) headers["yousoon-failed"] = "1";
  return { status: body.data === undefined ? 400 : 200, headers, body };
}

/** The headers with which the edge stores an answer. */
const sharing = ({ maxAgeS, staleWhileRevalidateS, staleIfErrorS }, tags, asOf) => ({
  "cache-control":
    `public, max-age=${maxAgeS}, stale-while-revalidate=${staleWhileRevalidateS}, ` +
    `stale-if-error=${staleIfErrorS}`,
  "cache-tag": [...tags].join(","),
  "yousoon-as-of": asOf,
  // Books are read where they are written: nothing that was written before is missing. So every
  // `Yousoon-Min-Revision` is met, too.
  "yousoon-seen-ago": "0",
});

const isOurFault = ({ originalError }) => originalError && !(originalError instanceof GraphQLError);

/** The document's hash and the variables: the edge forwards a client's request in the client's form. */
async function requested(pathId, query, request) {
  const unpack = { gzip: createGunzip, deflate: createInflate }[request.headers["content-encoding"]];
  const isPost = request.method === "POST";
  const fields = isPost ? await json(unpack ? request.pipe(unpack()) : request) : Object.fromEntries(query);
  const object = (value) => (typeof value === "string" ? JSON.parse(value) : (value ?? {}));
  const id = pathId ?? fields.documentId ?? object(fields.extensions).persistedQuery?.sha256Hash;
  const hash = id ?? createHash("sha256").update(fields.query ?? "").digest("hex");
  return { hash: hash.replace(/^sha256:/, "").toLowerCase(), variableValues: object(fields.variables) };
}

async function answer(request) {
  const { pathname, searchParams } = new URL(request.url, "http://origin");
  const [, hash] = pathname.match(/^\/internal\/documents\/(\w+)$/) ?? [];
  if (hash !== undefined) return documentOf(hash, request);
  const [, door, pathId] = pathname.match(/^\/(graphql)(?:\/([\w:]+))?$/) ?? [];
  if (door !== undefined) return graphql(pathId, searchParams, request);
  return refusal(404, "NOT_FOUND", "there is nothing at this address");
}

const server = createServer(async (request, response) => {
  const { status, headers, body } = await answer(request).catch((error) => {
    if (error instanceof SyntaxError) return refusal(400, "INVALID_JSON", error.message);
    console.error(error);
    return refusal(500, "INTERNAL", "the API failed");
  });
  const isNew = request.headers.accept?.includes("application/graphql-response+json");
  const media = isNew ? "application/graphql-response+json" : "application/json";
  response.writeHead(status, { "content-type": media, ...headers }).end(JSON.stringify(body));
});
server.listen(Number(PORT), "127.0.0.1", () => console.log(`ready on port ${PORT}`));
if (EDGE_URL) relay(log, EDGE_URL, secret);
