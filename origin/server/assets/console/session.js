// Who is signed in, and requests in their name. The tokens are in this tab alone and are sent as a header: other sites
// cannot make this page's browser send them.
import { say, language } from "./texts.js";

const KEPT = "yousoon:console";
let tokens = JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
let hashes;
let refreshing;

/** A refusal, with its code. */
export class Refused extends Error {
  constructor(code, message) {
    super(message || code);
    this.code = code;
  }
}

function keep(given) {
  tokens = given && { access: given.accessToken, refresh: given.refreshToken };
  if (tokens) sessionStorage.setItem(KEPT, JSON.stringify(tokens));
  else sessionStorage.removeItem(KEPT);
}

export const isSignedIn = () => tokens !== null;

async function sent(path, init, access) {
  const headers = { "content-type": "application/json", "accept-language": language(), ...(access && { authorization: `Bearer ${access}` }) };
  const answer = await fetch(path, { ...init, headers, signal: AbortSignal.timeout(30_000) }).catch(() => {
    throw new Refused("NO_ANSWER", say("noAnswer"));
  });
  const json = await answer.json().catch(() => ({}));
  const [error] = json.errors ?? [];
  if (error) throw new Refused(error.extensions?.code ?? "UNKNOWN", error.message);
  if (!answer.ok) throw new Refused("UNKNOWN", `${answer.status}`);
  return json;
}

async function documentOf(name, variables, access) {
  hashes ??= await sent("/console/documents.json", {});
  const body = JSON.stringify({ documentId: hashes[name], variables });
  return (await sent("/graphql", { method: "POST", body }, access)).data;
}

/** Runs `ask` with the access token; one that expired is renewed once for all who wait. */
async function renewed(ask) {
  const { access } = tokens ?? {};
  try {
    return await ask(access);
  } catch (error) {
    if (error.code !== "TOKEN_EXPIRED" || !tokens) throw error;
  }
  if (tokens.access === access) {
    refreshing ??= documentOf("OperatorRefreshToken", { token: tokens.refresh }).finally(() => (refreshing = undefined));
    try {
      keep((await refreshing).refreshToken);
    } catch (error) {
      if (error.code === "REFRESH_TOKEN_INVALID") keep(null);
      throw error;
    }
  }
  return ask(tokens.access);
}

export const read = (path) => renewed((access) => sent(path, {}, access));
export const post = (path, body) => renewed((access) => sent(path, { method: "POST", body: JSON.stringify(body) }, access));
export const ask = (name, variables = {}) => renewed((access) => documentOf(name, variables, access));

export async function signIn(email, password) {
  const { login } = await documentOf("OperatorLogin", { input: { email, password } });
  keep(login);
  try {
    await read("/admin/cache/stats");
  } catch (error) {
    await signOut();
    throw error;
  }
}

export async function signOut() {
  await ask("OperatorLogout").catch(() => {});
  keep(null);
}
