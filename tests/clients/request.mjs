// graphql-request. It sends texts: a middleware puts the hash in their place. It repeats nothing and knows no tokens, so
// that is the app's own code, as with Relay.
import { createHash } from "node:crypto";
import { ClientError, GraphQLClient } from "graphql-request";
import { text } from "./documents.mjs";

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** What the middleware is given is what would be sent: a JSON text. */
function byHash(request) {
  const { query, variables } = JSON.parse(request.body);
  const documentId = createHash("sha256").update(query).digest("hex");
  return { ...request, body: JSON.stringify({ documentId, variables }) };
}

export function graphqlRequest({ url, session, fetch }) {
  const client = new GraphQLClient(`${url}/graphql`, { fetch, requestMiddleware: byHash, errorPolicy: "none" });

  async function post(name, variables, token) {
    const headers = token ? { authorization: `Bearer ${token}` } : {};
    for (let attempt = 1; ; attempt += 1) {
      try {
        return { data: await client.request(text(name), variables, headers), code: null };
      } catch (error) {
        const { status, errors } = error instanceof ClientError ? error.response : {};
        if (status < 500 && errors) return { data: null, code: errors[0].extensions.code };
        if (attempt === 50) throw error;
      }
      await pause(Math.min(50 * attempt, 500));
    }
  }

  async function ask(name, variables) {
    const { access } = session;
    const answer = await post(name, variables, access);
    if (answer.code !== "TOKEN_EXPIRED") return answer;
    await session.refresh(access, (token) => post("RefreshToken", { token }));
    return post(name, variables, session.access);
  }

  return { ask };
}
