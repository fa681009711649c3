// The operators' page: sections, each of which draws itself.
import { button, el, failure, field, form, mapOf, show, sparkline, table } from "./parts.js";
import { ask, isSignedIn, post, read, signIn, signOut } from "./session.js";
import { choose, language, moment, number, say } from "./texts.js";

const SECTIONS = { live, purge, explain, queue, usage, reviews, audit };
const EVERY_MS = 2_000;
const KEPT_VALUES = 40;
const main = document.querySelector("#main");
/** Counts the sections that were shown: what a section before still waits for is not drawn. */
let shown = 0;

function draw() {
  document.documentElement.lang = language();
  const name = location.hash.slice(1) in SECTIONS ? location.hash.slice(1) : "live";
  const other = language() === "fr" ? "en" : "fr";
  const turn = el("button", { type: "button", class: "plain", lang: other, click: () => (choose(other), draw()) }, say("other"));
  const out = isSignedIn() && el("button", { type: "button", class: "plain", click: () => signOut().then(draw) }, say("signOut"));
  show(document.querySelector("#who"), turn, out);
  const nav = document.querySelector("#sections");
  nav.setAttribute("aria-label", "Console");
  const link = (one) => el("a", { href: `#${one}`, "aria-current": one === name && "page" }, say(one));
  show(nav, isSignedIn() ? Object.keys(SECTIONS).map(link) : []);
  shown += 1;
  const mine = shown;
  const where = el("div");
  show(main, el("h1", {}, isSignedIn() ? say(name) : say("signIn")), where);
  if (!isSignedIn()) return door(where);
  Promise.resolve(SECTIONS[name](where, () => mine === shown)).catch((error) => refused(where, error));
}

function refused(where, error) {
  if (!isSignedIn()) return draw();
  show(where, failure(error));
}

function door(where) {
  const email = el("input", { name: "email", type: "email", required: true, autocomplete: "username" });
  const password = el("input", { name: "password", type: "password", required: true, autocomplete: "current-password" });
  const send = async ({ email, password }) => {
    await signIn(email, password);
    draw();
  };
  show(where, el("p", {}, say("forOperators")), form([field(say("email"), email), field(say("password"), password), el("button", {}, say("signIn"))], send));
}

async function live(where, isShown) {
  const rates = [];
  let before;
  while (isShown()) {
    const stats = await read("/admin/cache/stats");
    if (!isShown()) return;
    const requests = stats.documents.reduce((sum, one) => sum + one.requests, 0);
    if (before !== undefined) rates.push(Math.max(0, requests - before) / (EVERY_MS / 1_000));
    before = requests;
    if (rates.length > KEPT_VALUES) rates.shift();
    show(where, state(stats), el("p", {}, sparkline(rates, say("requests")), ` ${number(rates.at(-1) ?? 0, 1)} ${say("perSecond")}`), documents(stats), caches(stats));
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
  }
}

function state({ log, edges, indexLoaded, live, redis }) {
  const line = (name, text, isGood) => el("div", { class: isGood ? "good" : "bad" }, el("dt", {}, name), el("dd", {}, text));
  const of = ({ edge, connected, confirmedMs }) => line(edge, connected ? `${say("connected")}, ${say("confirmed")} ${confirmedMs === null ? say("never") : `${number(confirmedMs)} ${say("ago")}`}` : say("notConnected"), connected);
  return el(
    "dl",
    { class: "tiles" },
    line(say("log"), `${log.head} · ${log.trusted ? say("trusted") : say("notTrusted")}`, log.trusted),
    line(say("index"), indexLoaded ? say("loaded") : say("loading"), indexLoaded),
    redis && line("Redis", redis.error ?? (redis.circuitOpen ? say("notConnected") : say("connected")), !redis.circuitOpen),
    edges.map(of),
    line(say("connections"), `${number(live.connections)} · ${number(live.subscriptions)} ${say("subscriptions").toLowerCase()}`, true),
  );
}

const percent = (share) => `${number(share * 100, 1)} %`;

function documents({ documents }) {
  const row = (one) => [one.operation ?? one.document?.slice(0, 12) ?? "…", number(one.requests), percent(one.hitRate), Object.entries(one.outcomes).filter(([, count]) => count > 0).map(([name, count]) => `${name} ${number(count)}`).join(" · ")];
  return el("section", {}, el("h2", {}, say("document")), table(say("document"), [say("document"), say("requests"), say("hits"), say("outcomes")], documents.map(row)));
}

function caches({ answers, entities }) {
  const rows = [["answers", number(answers.entries), number(answers.bytes), ""], ...entities.map((one) => [one.kind, number(one.entries), number(one.bytes), `l1 ${number(one.l1)} · l2 ${number(one.l2)} · miss ${number(one.miss)}`])];
  return el("section", {}, el("h2", {}, say("memory")), table(say("memory"), [say("cache"), say("entries"), say("bytes"), say("outcomes")], rows));
}

const TARGETS = { offer: "offerId", partner: "partnerId", tag: "tag", location: "location", document: "document", all: "all" };

function purge(where) {
  const kind = el("select", { name: "kind" }, Object.keys(TARGETS).map((one) => el("option", { value: one }, say(one))));
  const value = el("input", { name: "value", required: true, autocomplete: "off" });
  kind.addEventListener("change", () => {
    value.disabled = kind.value === "all";
  });
  const reason = el("input", { name: "reason", required: true, maxlength: 200 });
  const tick = (name) => el("label", { class: "tick" }, el("input", { type: "checkbox", name }), " ", say(name));
  const newest = el("div");
  const send = async (values, pressed) => {
    const { kind, value = "", reason, soft, warm } = values;
    const target = { all: true, location: placeOf(value) }[kind] ?? value.trim();
    const dryRun = pressed !== "really";
    const done = await post("/admin/purge", { [TARGETS[kind]]: target, reason, soft: Boolean(soft), warm: Boolean(warm), dryRun });
    if (dryRun) return wouldBe(done);
    await latest();
    return el("p", { class: "good" }, done.revision ? `${say("purged")} ${done.revision}` : say("waits"));
  };
  const latest = async () => {
    const { purges } = await read("/admin/purges");
    const row = (one) => [moment(one.at), one.actor, one.kind, one.reason, one.revision ?? "–", `${one.tags.join(" ")}${one.tagCount > one.tags.length ? " …" : ""}`];
    show(newest, el("h2", {}, say("newest")), table(say("newest"), [say("when"), say("who"), say("kind"), say("reason"), say("revision"), say("tags")], purges.map(row)));
  };
  const buttons = el("p", {}, el("button", { value: "dry" }, say("dryRun")), " ", el("button", { value: "really", class: "danger" }, say("really")));
  show(where, form([field(say("what"), kind), field(say("value"), value), tick("soft"), tick("warm"), field(say("reason"), reason), buttons], send), newest);
  return latest();
}

function placeOf(text) {
  const [lat, lng] = text.split(",").map(Number);
  return Number.isFinite(lat) && Number.isFinite(lng) ? { lat, lng } : undefined;
}

async function wouldBe({ affected, tags, cut }) {
  const count = affected.reduce((sum, one) => sum + Math.max(one.memory, one.redis ?? 0), 0);
  const { cells } = await post("/admin/cells", { tags });
  const row = (one) => [one.operation ?? one.document ?? "…", number(one.memory), one.redis === null ? "–" : number(one.redis)];
  return el(
    "section",
    { id: "affected" },
    el("p", {}, el("strong", {}, number(count)), ` ${say("wouldPurge")}${cut ? ` (${say("andMore")})` : ""}`),
    affected.length > 0 && table(say("wouldPurge"), [say("document"), say("memory"), say("inRedis")], affected.map(row)),
    mapOf(cells, say("cells")),
    el("p", { class: "quiet" }, `${say("tags")}: ${tags.slice(0, 40).join(" ")}${tags.length > 40 ? " …" : ""}`),
  );
}

async function explain(where) {
  const { documents } = await read("/admin/cache/stats");
  const names = [...new Set(documents.map(({ operation }) => operation).filter(Boolean))];
  const name = el("input", { name: "document", required: true, list: "names", autocomplete: "off" });
  const variables = el("textarea", { name: "variables", rows: 4 }, "{}");
  const send = async ({ document, variables }) => {
    let given;
    try {
      given = JSON.parse(variables);
    } catch {
      throw new Error(say("variables"));
    }
    return pictureOf(await post("/admin/cache/explain", { document, variables: given }));
  };
  show(where, form([field(say("document"), name), el("datalist", { id: "names" }, names.map((one) => el("option", { value: one }))), field(say("variables"), variables), el("button", {}, say("explain"))], send));
}

/** The tiers in the order in which a request looks into them. */
function pictureOf(one) {
  const { scope, maxAgeS, staleWhileRevalidateS, staleIfErrorS } = one.policy;
  const policy = [scope, maxAgeS, staleWhileRevalidateS, staleIfErrorS].filter((part) => part !== undefined).join(" · ");
  const tiers = (name, log, list) => el("li", {}, el("h3", {}, name), log && el("p", { class: "quiet" }, `${say("log")} ${log.head} · ${log.trusted ? say("trusted") : say("notTrusted")}`), el("ol", { class: "tiers" }, list.map(tier)));
  const edges = one.edges.map(({ edge, answer, error }) => (answer ? tiers(edge, answer.log, answer.tiers) : el("li", { class: "bad" }, el("h3", {}, edge), el("p", {}, error))));
  return el("section", { id: "explained" }, el("h2", {}, one.operation), el("p", {}, `${say("policy")}: ${policy}`), one.note && el("p", {}, one.note), one.key && el("p", { class: "quiet" }, `${say("key")}: ${one.key}`), el("ol", { class: "way" }, edges, tiers(say("origin"), one.log, one.tiers)));
}

function tier(one) {
  const words = { off: say("off"), absent: say("nothing"), failed: `${say("unreadable")}: ${one.error}` }[one.state] ?? `${one.verdict}: ${one.words}`;
  const kind = one.state === "stored" ? `stored ${one.verdict}` : one.state;
  return el("li", { class: `tier ${kind}` }, el("strong", {}, one.tier), el("p", {}, words), one.tags && el("p", { class: "quiet" }, one.tags.slice(0, 8).join(" ")));
}

async function queue(where) {
  const { lanes, dead } = await read("/admin/queue");
  const outcome = el("div", { "aria-live": "polite" });
  const retry = (key) =>
    button(say("retry"), async () => {
      const reason = prompt(say("why"))?.trim();
      if (!reason) return;
      await post("/admin/queue/retry", { key, reason });
      await queue(where);
      where.prepend(el("p", { class: "good", role: "status" }, say("retried")));
    }, outcome, { "data-key": key });
  const lane = (one) => [one.lane, number(one.due), number(one.later), number(one.dead)];
  const row = (one) => [one.key, one.kind, one.lane, number(one.attempts), moment(one.createdAt), one.error ?? "", retry(one.key)];
  show(
    where,
    outcome,
    table(say("queue"), [say("lane"), say("due"), say("later"), say("dead")], lanes.map(lane)),
    el("h2", {}, say("givenUp")),
    dead.length === 0 ? el("p", {}, say("none")) : table(say("givenUp"), [say("key"), say("what"), say("lane"), say("attempts"), say("when"), say("error"), say("retry")], dead.map(row)),
  );
}

async function usage(where) {
  const { documents } = await read("/admin/documents/usage?days=30");
  const rows = documents.flatMap(({ name, usage }) => (usage.length === 0 ? [[name, "–", "–", "0", "–"]] : usage.map((one) => [name, one.client, one.version, number(one.requests), one.lastDay])));
  show(where, el("p", {}, say("days")), table(say("usage"), [say("document"), say("client"), say("version"), say("requests"), say("last")], rows));
}

async function reviews(where) {
  const [{ partnersToReview }, { reportedReviews }] = await Promise.all([ask("PartnersToReview", { first: 50 }), ask("ReportedReviews", { first: 50 })]);
  const outcome = el("div", { "aria-live": "polite" });
  const decide = (label, name, variables, needsReason) =>
    button(label, async () => {
      const reason = prompt(say("why"))?.trim();
      if (needsReason && !reason) return;
      await ask(name, { ...variables, reason: reason || null });
      await reviews(where);
    }, outcome);
  const partner = ({ node }) => [node.name, node.category, node.siret ?? "", node.submittedAt ? moment(node.submittedAt) : "", el("span", {}, decide(say("approve"), "ApprovePartner", { id: node.id }, false), " ", decide(say("giveBack"), "ReturnPartner", { id: node.id }, true))];
  const review = ({ node }) => [node.partner.name, "★".repeat(node.review?.stars ?? 0), node.review?.text ?? "", node.reports.map(({ reason, text }) => `${reason}: ${text ?? ""}`).join(" · "), node.review && el("span", {}, decide(say("keep"), "DecideReview", { id: node.review.id, verdict: "KEEP" }, true), " ", decide(say("remove"), "DecideReview", { id: node.review.id, verdict: "REMOVE" }, true))];
  const list = (title, heads, rows) => el("section", {}, el("h2", {}, title), rows.length === 0 ? el("p", {}, say("none")) : table(title, heads, rows));
  show(where, outcome, list(say("partners"), [say("who"), say("what"), "SIRET", say("when"), say("actions")], partnersToReview.edges.map(partner)), list(say("reported"), [say("who"), "★", say("what"), say("reason"), say("actions")], reportedReviews.edges.map(review)));
}

async function audit(where) {
  const { operatorAudit } = await ask("OperatorAudit", { first: 50 });
  const row = ({ node }) => [number(node.number), moment(node.at), node.actor, node.deed, node.target ?? "", node.reason];
  show(where, table(say("audit"), [say("entry"), say("when"), say("who"), say("deed"), say("target"), say("reason")], operatorAudit.edges.map(row)));
}

addEventListener("hashchange", draw);
draw();
