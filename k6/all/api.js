// Sends the clients' documents by hash, as clients do, and measures each operation by its name.
import http from "k6/http";
import { Rate, Trend } from "k6/metrics";

const { TARGET, MANIFEST } = __ENV;
if (!TARGET || !MANIFEST) {
  throw new Error("TARGET and MANIFEST are required: `cargo xtask load --all` sets them");
}

const ids = {};
for (const { name, id } of JSON.parse(open(MANIFEST)).operations) ids[name] = id;

export const graphqlUrl = `${TARGET}/graphql`;
/// A status other than 200 or an error in the answer: `http_req_failed` counts only the status.
export const failed = new Rate("failed");
/// How much longer an operation took than the hash of a password alone.
export const besideHashing = new Trend("beside_hashing", true);

const PERSISTED = { Accept: "application/graphql-response+json" };

export function idOf(operation) {
  if (!ids[operation]) throw new Error(`the manifest has no operation ${operation}`);
  return ids[operation];
}

/// Every virtual user has an address of its own, from the block that is reserved for benchmarks
/// (RFC 2544). The edge takes it from the header that Cloudflare sets, and signs it for the origin.
export function addressOf(number) {
  return `198.18.${Math.floor(number / 250) % 256}.${(number % 250) + 1}`;
}

function headers({ address, token }) {
  const sent = { ...PERSISTED, "CF-Connecting-IP": address };
  if (token) sent.Authorization = `Bearer ${token}`;
  return sent;
}

/// A request of `http.batch`: POST, as the app sends what is not shared.
export function posted(operation, variables, caller, name = operation) {
  return {
    method: "POST",
    url: graphqlUrl,
    body: JSON.stringify({ documentId: idOf(operation), variables }),
    params: {
      headers: { ...headers(caller), "Content-Type": "application/json" },
      tags: { name },
    },
  };
}

/// Reads a shared document: GET, so that each cache on the way may answer.
export function read(operation, variables, caller) {
  const encoded = encodeURIComponent(JSON.stringify(variables));
  const url = `${graphqlUrl}/${idOf(operation)}?variables=${encoded}`;
  const params = { headers: headers(caller), tags: { name: operation } };
  return dataOf(operation, http.get(url, params));
}

/// Runs any other document for its caller.
export function run(operation, variables, caller) {
  const { method, url, body, params } = posted(operation, variables, caller);
  return dataOf(operation, http.request(method, url, body, params));
}

/// As `run`, for an operation that hashes a password: what it took beside the hash is measured.
export function runHashing(operation, variables, caller, hashMs) {
  const { method, url, body, params } = posted(operation, variables, caller);
  const response = http.request(method, url, body, params);
  besideHashing.add(Math.max(response.timings.duration - hashMs, 0), { name: operation });
  return dataOf(operation, response);
}

/// The data of an answer without errors; null of any other, which counts as failed.
export function dataOf(operation, response) {
  const body = response.status === 200 ? response.json() : null;
  const isFailed = body === null || body.errors !== undefined;
  failed.add(isFailed, { name: operation });
  if (isFailed) console.error(`${operation}: ${response.status} ${response.error} ${response.body}`);
  return isFailed ? null : body.data;
}
