// What the client does with each answer, without a server: `npm test`.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createYousoonClient, type Tokens, type YousoonDocument } from "@yousoon/client";

type Data = { readonly value: number };
const SHARED: YousoonDocument<Data, { id?: string }, "query"> = { name: "Shared", operation: "query", hash: "a1", shared: true };
const MINE: YousoonDocument<Data, { id?: string }, "query"> = { name: "Mine", operation: "query", hash: "b2", shared: false };
const BOOK: YousoonDocument<Data, { idempotencyKey?: string }, "mutation"> = { name: "Book", operation: "mutation", hash: "c3", shared: false, key: ["idempotencyKey"] };
const SEND: YousoonDocument<Data, { input: { text: string } }, "mutation"> = { name: "Send", operation: "mutation", hash: "d4", shared: false, key: ["input", "idempotencyKey"] };
const ONCE: YousoonDocument<Data, Record<string, never>, "mutation"> = { name: "Once", operation: "mutation", hash: "e5", shared: false, repeat: "never" };
const REFRESH: YousoonDocument<{ refreshToken: Tokens }, { token: string }, "mutation"> = { name: "Refresh", operation: "mutation", hash: "f6", shared: false, repeat: 30 };

interface Asked {
  readonly url: string;
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body: { documentId: string; variables: Record<string, unknown> } | undefined;
}

type Reply = Response | Error | ((asked: Asked) => Response);
const ok = (data: unknown, headers: Record<string, string> = {}) => Response.json({ data }, { headers });
const refusal = (code: string, status = 200, headers: Record<string, string> = {}) =>
  Response.json({ errors: [{ message: code, extensions: { code } }] }, { status, headers });

/** A client whose requests get these replies, in order. */
function clientOf(replies: Reply[], more: { tokens?: Tokens; onSignedOut?: () => void; patienceMs?: number } = {}) {
  const asked: Asked[] = [];
  let kept: Tokens | null = more.tokens ?? null;
  const fetcher = async (input: unknown, init: RequestInit = {}) => {
    const body = typeof init.body === "string" ? (JSON.parse(init.body) as NonNullable<Asked["body"]>) : undefined;
    const one: Asked = { url: String(input), method: init.method ?? "GET", headers: init.headers as Record<string, string>, body };
    asked.push(one);
    const reply = replies.shift();
    if (reply === undefined) throw new Error("no reply is left");
    if (reply instanceof Error) throw reply;
    return typeof reply === "function" ? reply(one) : reply;
  };
  const client = createYousoonClient({
    url: "https://api.example/graphql",
    refresh: REFRESH,
    tokens: { load: () => kept, save: (tokens) => void (kept = tokens) },
    fetch: fetcher,
    ...(more.onSignedOut && { onSignedOut: more.onSignedOut }),
    ...(more.patienceMs !== undefined && { patienceMs: more.patienceMs }),
  });
  return { client, asked, tokens: () => kept };
}

test("what is shared is asked by GET without a token, and again by its ETag", async () => {
  const tokens = { accessToken: "old", refreshToken: "r1" };
  const { client, asked } = clientOf([ok({ value: 1 }, { etag: '"x"' }), new Response(null, { status: 304 })], { tokens });
  await client.query(SHARED, { id: "7" });
  const { data } = await client.query(SHARED, { id: "7" });
  assert.deepEqual(data, { value: 1 });
  assert.equal(asked[0]?.url, `https://api.example/graphql/a1?variables=${encodeURIComponent('{"id":"7"}')}`);
  assert.deepEqual(asked.map(({ method, headers }) => [method, headers["authorization"], headers["if-none-match"]]), [
    ["GET", undefined, undefined],
    ["GET", undefined, '"x"'],
  ]);
});

test("own writes are demanded of every later answer", async () => {
  const { client, asked } = clientOf([ok({ value: 1 }, { "yousoon-revision": "41" }), ok({ value: 2 }), ok({ value: 3 })]);
  await client.mutate(BOOK, {});
  await client.query(SHARED);
  await client.query(MINE);
  assert.deepEqual(asked.map(({ headers }) => headers["yousoon-min-revision"]), [undefined, "41", "41"]);
});

test("a lost answer is asked for again with the same key", async () => {
  const { client, asked } = clientOf([new TypeError("reset"), refusal("OUTCOME_UNKNOWN"), ok({ value: 1 })]);
  const { data } = await client.mutate(BOOK, {});
  assert.deepEqual(data, { value: 1 });
  const keys = new Set(asked.map(({ body }) => body?.variables["idempotencyKey"]));
  assert.equal(keys.size, 1);
  assert.match(String([...keys][0]), /^[0-9a-f-]{36}$/);
});

test("a key that is part of an input is put there, and one that was given is kept", async () => {
  const { client, asked } = clientOf([ok({ value: 1 }), ok({ value: 1 })]);
  await client.mutate(SEND, { input: { text: "hello" } });
  await client.mutate(BOOK, { idempotencyKey: "mine" });
  const input = asked[0]?.body?.variables["input"] as Record<string, string>;
  assert.deepEqual(Object.keys(input), ["text", "idempotencyKey"]);
  assert.equal(asked[1]?.body?.variables["idempotencyKey"], "mine");
});

test("what must not be done twice is not sent again unless nothing was done", async () => {
  const lost = clientOf([new TypeError("reset")]);
  const { error } = await lost.client.mutate(ONCE);
  assert.deepEqual([error?.code, error?.mayHaveHappened, lost.asked.length], ["NO_ANSWER", true, 1]);
  const busy = clientOf([refusal("OVERLOADED", 503), ok({ value: 1 })]);
  assert.deepEqual((await busy.client.mutate(ONCE)).data, { value: 1 });
});

test("a refusal by the rate limit is tried again when Retry-After says, or told if that is too late", async () => {
  const soon = clientOf([refusal("RATE_LIMITED", 429, { "retry-after": "1" }), ok({ value: 1 })]);
  const began = Date.now();
  assert.deepEqual((await soon.client.query(MINE)).data, { value: 1 });
  assert.ok(Date.now() - began >= 990);
  const late = clientOf([refusal("RATE_LIMITED", 429, { "retry-after": "900" })]);
  const { error } = await late.client.query(MINE);
  assert.deepEqual([error?.code, error?.retryAfterS], ["RATE_LIMITED", 900]);
});

test("requests that were refused with one token share its refresh", async () => {
  const byToken = (one: Asked) => (one.headers["authorization"] === "Bearer new" ? ok({ value: 1 }) : refusal("TOKEN_EXPIRED", 401));
  const refreshed = (one: Asked) => (one.body?.documentId === "f6" ? ok({ refreshToken: { accessToken: "new", refreshToken: "r2" } }) : byToken(one));
  const { client, asked, tokens } = clientOf(Array.from({ length: 9 }, () => refreshed), { tokens: { accessToken: "old", refreshToken: "r1" } });
  const results = await Promise.all([client.query(MINE), client.query(MINE), client.query(MINE)]);
  assert.deepEqual(results.map(({ data }) => data?.value), [1, 1, 1]);
  assert.equal(asked.filter(({ body }) => body?.documentId === "f6").length, 1);
  assert.deepEqual(tokens(), { accessToken: "new", refreshToken: "r2" });
});

test("a token that was refused for a part of the answer is refreshed too", async () => {
  const errors = [{ message: "expired", path: ["me"], extensions: { code: "TOKEN_EXPIRED" } }];
  const partly = Response.json({ data: { value: 1, me: null }, errors });
  const refreshed = ok({ refreshToken: { accessToken: "new", refreshToken: "r2" } });
  const { client, asked } = clientOf([partly, refreshed, ok({ value: 1, me: {} })], { tokens: { accessToken: "old", refreshToken: "r1" } });
  const { data, error } = await client.query(MINE);
  assert.deepEqual([data, error, asked.length], [{ value: 1, me: {} }, undefined, 3]);
});

test("a session is over only when the server says so", async () => {
  let ended = 0;
  const tokens = { accessToken: "old", refreshToken: "r1" };
  const over = clientOf([refusal("TOKEN_EXPIRED", 401), refusal("REFRESH_TOKEN_INVALID")], { tokens, onSignedOut: () => (ended += 1) });
  assert.equal((await over.client.query(MINE)).error?.code, "SIGNED_OUT");
  assert.deepEqual([over.tokens(), ended], [null, 1]);
  const away = clientOf([refusal("TOKEN_EXPIRED", 401), new TypeError("no network")], { tokens, patienceMs: 0 });
  assert.equal((await away.client.query(MINE)).error?.code, "NO_ANSWER");
  assert.deepEqual(away.tokens(), tokens);
});

test("types: a wrong variable, a wrong operation and an unknown code do not compile", async () => {
  const { client } = clientOf([refusal("OFFER_SOLD_OUT"), ok({ value: 1 }), ok({ value: 1 })]);
  const { error } = await client.query(MINE);
  // @ts-expect-error no code of this name
  assert.notEqual(error?.code === "OFFER_SOLD", true);
  assert.equal(error?.code, "OFFER_SOLD_OUT");
  // @ts-expect-error a mutation is no query
  await client.query(BOOK, {});
  // @ts-expect-error the input is missing
  await client.mutate(SEND, {});
});
