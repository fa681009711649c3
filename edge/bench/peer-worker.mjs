// The peer that the edge is compared with: a minimal hand-written worker that serves answers from
// KV. It does not normalise variables (another spelling of the same ones is a miss), and it knows
// neither purges nor ages.
const HEX_64 = /^[0-9a-f]{64}$/;
const PREFIX = "/graphql/";

/** With MEMORY=on: answers in the isolate's memory, as a second figure to compare with. */
const memory = new Map();

async function stored(env, key) {
  if (env.MEMORY !== "on") return env.KV.getWithMetadata(key, "arrayBuffer");
  let found = memory.get(key);
  if (found === undefined) {
    found = await env.KV.getWithMetadata(key, "arrayBuffer");
    if (found.value !== null) memory.set(key, found);
  }
  return found;
}

export default {
  async fetch(request, env) {
    const url = new URL(request.url);
    if (url.pathname === "/healthz") return new Response("ok");
    const id = url.pathname.slice(PREFIX.length);
    if (request.method !== "GET" || !url.pathname.startsWith(PREFIX) || !HEX_64.test(id)) {
      return new Response("not found", { status: 404 });
    }
    const variables = url.searchParams.get("variables") ?? "{}";
    const { value, metadata } = await stored(env, `${id}:${variables}`);
    if (value === null) return new Response("not stored", { status: 404 });
    const headers = {
      "content-type": "application/json; charset=utf-8",
      "cache-control": "public, max-age=0, must-revalidate",
      etag: metadata.etag,
    };
    if (request.headers.get("if-none-match") === metadata.etag) {
      return new Response(null, { status: 304, headers });
    }
    return new Response(value, { headers });
  },
};
