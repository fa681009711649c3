// A KV namespace in the memory of the process that calls `start`. workerd's KV binding reaches it over
// HTTP, as it reaches KV at Cloudflare, which is another machine there as well.
import { createServer } from "node:http";
import { once } from "node:events";

/** Starts it on loopback; gives its address. */
export async function start() {
  const values = new Map();
  const get = (key) => {
    const found = values.get(key);
    if (found !== undefined && found.endsAt > Date.now()) return found.body;
    values.delete(key);
    return undefined;
  };
  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url, "http://kv");
    if (request.method === "PUT") {
      const body = Buffer.concat(await request.toArray());
      const ttlS = searchParams.get("expiration_ttl");
      const endsAt = ttlS === null ? Infinity : Date.now() + 1000 * Number(ttlS);
      values.set(pathname, { body, endsAt });
      response.end();
      return;
    }
    const body = get(pathname);
    response.writeHead(body === undefined ? 404 : 200).end(body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `127.0.0.1:${server.address().port}`;
}
