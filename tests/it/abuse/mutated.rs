//! Valid requests with random mutations.

use std::sync::Arc;

use e2e::Target;
use serde_json::{Map, Value, json};

use super::dice::Dice;
use super::scale::Scale;
use super::tally::{Seen, Tally};
use super::wire::{self, Reply};
use crate::people::{DOMAIN, Person};

const PART: &str = "mutated";
const AT_ONCE: u64 = 8;

const QUERY: &str = "query Q($n: Int = 3, $l: Locale) { categories { id name(locale: $l) } \
    offers(input: {first: $n, search: \"thai\", location: {lat: 48.85, lng: 2.35}}) { totalCount \
    edges { cursor node { ...O } } } } fragment O on Offer { id title partner { id name } }";

/// Pieces of documents.
const TOKENS: [&str; 26] = [
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "$",
    "$n",
    ":",
    "!",
    "...",
    "on",
    "fragment",
    "query",
    "mutation",
    "subscription",
    "@skip(if: true)",
    "__schema",
    "__typename",
    "\"\"\"",
    "\"\\u0000\"",
    "-0",
    "1e400",
    "99999999999999999999",
    "null",
    "#",
];

/// Variable names that the clients' documents declare, and some that none does.
const VARIABLES: [&str; 14] = [
    "id",
    "input",
    "offerId",
    "location",
    "token",
    "first",
    "after",
    "search",
    "categories",
    "locale",
    "maxDistance",
    "minDiscount",
    "__proto__",
    "",
];

const TEXTS: [&str; 14] = [
    "",
    "0",
    "null",
    "0123456789abcdef01234567",
    "' OR 1=1 --",
    "{\"$gt\": \"\"}",
    "$where",
    "\u{0}",
    "\u{feff}\u{202e}",
    "%00%0d%0aSet-Cookie: a=b",
    "../../etc/passwd",
    "eyJhIjoxfQ==",
    "ÿ💥",
    "<script>",
];

const PATHS: [&str; 14] = [
    "/graphql",
    "/graphql/",
    "/graphql/sha256:",
    "/graphql/%00",
    "//graphql",
    "/graphql/../admin",
    "/graphql?variables=%7B",
    "/graphql?variables=%FF&documentId=1",
    "/graphql?extensions=[]",
    "/graphql/%f0%28%8c%28",
    "/admin/purge",
    "/healthz",
    "/",
    "*",
];

const HEADERS: [&str; 22] = [
    "accept: text/event-stream, */*;q=0.0001",
    "accept: ;;;,,,",
    "accept: \u{ff}",
    "accept-encoding: br;q=NaN",
    "content-encoding: gzip",
    "content-type: text/plain",
    "content-type: application/json; charset=utf-16",
    "content-type: multipart/form-data",
    "authorization: Bearer",
    "authorization: Bearer \t",
    "authorization: \u{1}",
    "cookie: =;=;=",
    "yousoon-min-revision: -1",
    "yousoon-min-revision: 1e9",
    "yousoon-signature: t=,v1=",
    "if-none-match: \"",
    "range: bytes=9-1",
    "expect: 100-continue",
    "origin: null",
    "upgrade: websocket",
    "connection: upgrade",
    "te: \u{b}",
];

const METHODS: [&str; 8] = [
    "GET",
    "POST",
    "PUT",
    "HEAD",
    "OPTIONS",
    "TRACE",
    "get",
    "P\u{f6}ST",
];

/// A request before it is serialised.
#[derive(Clone, Debug)]
struct Request {
    method: String,
    path: String,
    headers: Vec<String>,
    body: Vec<u8>,
}

impl Request {
    /// Whether workerd, or miniflare's own worker in front of ours, refused the request: an unknown
    /// method, an invalid path, or a WebSocket upgrade that is not a GET.
    fn is_beyond_workerd(&self, status: u16) -> bool {
        let asks_wrongly = |header: &String| header == "upgrade: websocket" && self.method != "GET";
        let is_odd = self.path == "*" || self.headers.iter().any(asks_wrongly);
        status == 501 || status == 500 && is_odd
    }
}

/// The published documents, without subscriptions, whose answers do not end.
fn documents(target: &Target) -> Vec<String> {
    let live = [
        "BookingStatusChanged",
        "BookingStatusChangedForStaff",
        "NewOfferNearby",
        "OfferQuota",
    ];
    let all = target.documents().into_iter();
    all.filter(|(name, _)| !live.contains(&name.as_str()))
        .map(|(_, id)| id)
        .collect()
}

fn value(dice: &mut Dice, depth: usize) -> Value {
    match dice.below(if depth == 0 { 6 } else { 8 }) {
        0 => Value::Null,
        1 => json!(dice.once_in(2)),
        2 => json!(i64::from_le_bytes(dice.next().to_le_bytes())),
        3 => json!(*dice.pick(&[0.0, -0.0, 1e308, -91.0, 180.000_001, 48.85])),
        4 | 5 => match dice.below(TEXTS.len() + 1) {
            0 => json!(dice.pick(&TEXTS).repeat(500)),
            at => json!(TEXTS[at - 1]),
        },
        6 => (0..dice.below(5)).map(|_| value(dice, depth - 1)).collect(),
        _ => object(dice, depth - 1),
    }
}

fn object(dice: &mut Dice, depth: usize) -> Value {
    let mut fields = Map::new();
    for _ in 0..dice.below(5) {
        fields.insert((*dice.pick(&VARIABLES)).to_owned(), value(dice, depth));
    }
    Value::Object(fields)
}

/// A document with some of its tokens removed, doubled or replaced.
fn document(dice: &mut Dice) -> String {
    let mut words: Vec<&str> = QUERY.split(' ').collect();
    for _ in 0..=dice.below(4) {
        let at = dice.below(words.len());
        match dice.below(4) {
            0 => drop(words.remove(at)),
            1 => words.insert(at, words[at]),
            2 => words[at] = *dice.pick(&TOKENS),
            _ => words.insert(at, *dice.pick(&TOKENS)),
        }
    }
    words.join(" ")
}

fn good(dice: &mut Dice, ids: &[String], token: &str) -> Request {
    let mut headers = vec!["content-type: application/json".to_owned()];
    if dice.once_in(3) {
        headers.push(format!("authorization: Bearer {token}"));
    }
    let id = dice.pick(ids);
    let variables = object(dice, 4);
    if dice.once_in(4) {
        let encoded: Vec<String> = variables
            .to_string()
            .bytes()
            .map(|byte| format!("%{byte:02x}"))
            .collect();
        let encoded = encoded.concat();
        let path = format!("/graphql/{id}?variables={encoded}");
        return Request {
            method: "GET".to_owned(),
            path,
            headers,
            body: Vec::new(),
        };
    }
    let body = match dice.below(3) {
        0 => json!({"query": document(dice), "variables": variables}),
        1 => json!({"extensions": {"persistedQuery": {"version": 1, "sha256Hash": id}},
            "variables": variables}),
        _ => json!({"documentId": id, "variables": variables, "operationName": value(dice, 1)}),
    };
    let (method, path) = ("POST".to_owned(), "/graphql".to_owned());
    Request {
        method,
        path,
        headers,
        body: body.to_string().into_bytes(),
    }
}

fn mutate(dice: &mut Dice, request: &mut Request) {
    let body = &mut request.body;
    match dice.below(10) {
        0 | 1 if !body.is_empty() => {
            let at = dice.below(body.len());
            body[at] = dice.next().to_le_bytes()[0];
        }
        2 if !body.is_empty() => body.truncate(dice.below(body.len())),
        3 => body.extend_from_within(..),
        4 if !body.is_empty() => {
            let at = dice.below(body.len());
            let piece = dice.pick(&TEXTS).bytes();
            body.splice(at..at, piece);
        }
        5 => (*dice.pick(&PATHS)).clone_into(&mut request.path),
        6 => (*dice.pick(&METHODS)).clone_into(&mut request.method),
        7 => request.headers.push((*dice.pick(&HEADERS)).to_owned()),
        8 => request.headers.clear(),
        // Unchanged.
        _ => {}
    }
}

fn bytes(request: &Request, authority: &str) -> Vec<u8> {
    let Request {
        method,
        path,
        headers,
        body,
    } = request;
    let mut head =
        format!("{method} {path} HTTP/1.1\r\nhost: {authority}\r\nconnection: close\r\n");
    for header in headers {
        head += header;
        head += "\r\n";
    }
    let end = format!("content-length: {}\r\n\r\n", body.len());
    [head.as_bytes(), end.as_bytes(), body].concat()
}

/// Sends mutated requests to origin and edge, some with `mallory`'s token. Each must be answered or
/// refused.
pub(crate) async fn send(target: &Target, tally: &Arc<Tally>, mallory: &Person, scale: Scale) {
    let ids = Arc::new(documents(target));
    let mut workers = tokio::task::JoinSet::new();
    for worker in 0..AT_ONCE {
        let (ids, tally, mallory) = (Arc::clone(&ids), Arc::clone(tally), mallory.clone());
        let doors = [target.origin_url.clone(), target.edge_url.clone()];
        workers.spawn(async move {
            for number in (worker..scale.mutated).step_by(usize::try_from(AT_ONCE).unwrap()) {
                let mut dice = Dice::new(scale.seed).fork(number);
                let mut request = good(&mut dice, &ids, &mallory.access);
                for _ in 0..=dice.below(3) {
                    mutate(&mut dice, &mut request);
                }
                let door = dice.pick(&doors);
                let bytes = bytes(&request, wire::authority(door));
                let shown = String::from_utf8_lossy(&bytes);
                let what = format!("seed {} number {number} at {door}: {shown}", scale.seed);
                match wire::send(door, &bytes).await {
                    Ok(Some(Reply { status, .. }))
                        if door == &doors[1] && request.is_beyond_workerd(status) =>
                    {
                        tally.refused_by_platform(PART);
                    }
                    Ok(Some(reply)) => judge(&reply, &what, &mallory, &tally),
                    // A server may close the connection if the request is not HTTP.
                    Ok(None) => tally.sent(PART),
                    Err(error) => tally.fault(format!("{PART}: {error:#}: {what}")),
                }
            }
        });
    }
    workers.join_all().await;
}

fn judge(reply: &Reply, what: &str, mallory: &Person, tally: &Tally) {
    let code = reply.code();
    tally.answered(
        PART,
        &Seen {
            status: reply.status,
            code: &code,
            what,
        },
    );
    let others = format!("{}{}", reply.head, reply.body).replace(&mallory.email, "");
    if others.contains(DOMAIN) {
        tally.leaked(format!("{PART}: {} to {what}", reply.body));
    }
    tally.holds(!reply.head.contains("\r\nset-cookie"), || {
        format!("{PART}: a header was injected: {} to {what}", reply.head)
    });
}
