//! Documents that are small to send, but expensive to parse, validate or execute.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use e2e::{Answer, Target, fragment_bomb};
use serde_json::{Value, json};

use super::tally::{Seen, Tally};
use crate::people::GRAPHQL_RESPONSE;

const PART: &str = "bombs";
/// How long a refusal may take: much longer than it needs, for a busy machine and a debug build.
const WITHIN: Duration = Duration::from_secs(5);

fn nested(levels: usize, open: &str, middle: &str, close: &str) -> String {
    format!("{}{middle}{}", open.repeat(levels), close.repeat(levels))
}

fn numbered(times: usize, each: impl Fn(usize) -> String) -> String {
    (0..times).fold(String::new(), |mut text, number| {
        write!(text, "{} ", each(number)).unwrap();
        text
    })
}

/// The name and the body of each request.
#[expect(clippy::too_many_lines, reason = "a table")]
fn all() -> Vec<(&'static str, Value)> {
    let query = |text: String| json!({"query": text});
    let partner = "partner(id: \"0123456789abcdef01234567\")";
    let deep = nested(
        400,
        "edges { node { partner { offers { ",
        "totalCount",
        " } } } }",
    );
    let list = nested(4_000, "[", "", "]");
    let object = nested(2_000, "{a:", "1", "}");
    let ring = "query Q { ...A } fragment A on Query { ...B } fragment B on Query { ...A }";
    let wide = |times| format!("query Q {{ {} }}", "categories { id } ".repeat(times));
    let expensive = "query Q { offers(input: {first: 100}) { edges { node { partner { \
        offers(first: 100) { edges { node { partner { offers(first: 100) { edges { node { \
        id } } } } } } } } } } } }";
    vec![
        (
            "31 aliases",
            query(format!(
                "query Q {{ {} }}",
                numbered(31, |n| format!("a{n}: categories {{ id }}"))
            )),
        ),
        (
            "5,000 aliases",
            query(format!(
                "query Q {{ {} }}",
                numbered(5_000, |n| format!("a{n}: categories {{ id }}"))
            )),
        ),
        (
            "1,600 levels",
            query(format!("query Q {{ offers {{ {deep} }} }}")),
        ),
        ("60,000 brackets", query(nested(60_000, "{", "", "}"))),
        ("60,000 open brackets", query("{a".repeat(60_000))),
        ("2^30 fields in fragments", query(fragment_bomb(30))),
        ("a hundred fragments of two", query(fragment_bomb(100))),
        ("a ring of fragments", query(ring.to_owned())),
        (
            "a fragment of itself",
            query("query Q { ...A } fragment A on Query { ...A }".to_owned()),
        ),
        ("2,000 times the same field", query(wide(2_000))),
        (
            "1,000 directives",
            query(format!(
                "query Q {{ categories {} {{ id }} }}",
                "@include(if: true) ".repeat(1_000)
            )),
        ),
        (
            "1,000 unknown directives",
            query(format!(
                "query Q {{ categories {} {{ id }} }}",
                "@a ".repeat(1_000)
            )),
        ),
        (
            "4,000 lists in a list",
            query(format!(
                "query Q {{ offers(input: {{categories: {list}}}) {{ totalCount }} }}"
            )),
        ),
        (
            "2,000 objects in an object",
            query(format!(
                "query Q {{ offers(input: {object}) {{ totalCount }} }}"
            )),
        ),
        ("a million answers", query(expensive.to_owned())),
        (
            "2,000 operations",
            query(numbered(2_000, |n| {
                format!("query Q{n} {{ categories {{ id }} }}")
            })),
        ),
        (
            "2,000 variables",
            query(format!(
                "query Q({}) {{ categories {{ id }} }}",
                numbered(2_000, |n| format!("$v{n}: Int"))
            )),
        ),
        (
            "a type of 10,000 lists",
            query(format!(
                "query Q($v: {}) {{ categories {{ id }} }}",
                nested(10_000, "[", "Int", "]")
            )),
        ),
        (
            "100 KB of commas",
            query(format!(
                "query Q {{ {} categories {{ id }} }}",
                ",".repeat(100_000)
            )),
        ),
        (
            "100 KB of comment",
            query(format!(
                "query Q {{ # {}\n categories {{ }} }}",
                "x".repeat(100_000)
            )),
        ),
        (
            "100 KB of a name",
            query(format!("query Q {{ {} }}", "x".repeat(100_000))),
        ),
        (
            "an open string",
            query(format!("query Q {{ {partner}(a: \"{}", "x".repeat(50_000))),
        ),
        (
            "introspection in introspection",
            query(format!(
                "query Q {{ __schema {{ types {{ {} }} }} }}",
                nested(60, "fields { type { ", "name", " } }")
            )),
        ),
        (
            "a batch",
            json!(
                (0..1_000)
                    .map(|_| json!({"query": "query Q { categories { id } }"}))
                    .collect::<Vec<_>>()
            ),
        ),
    ]
}

/// JSON texts that `serde_json` values cannot represent.
fn texts() -> Vec<(&'static str, String)> {
    let query = "query Q($v: [Int]) { categories { id } }";
    vec![
        (
            "variables of 60,000 lists",
            format!(
                r#"{{"query": "{query}", "variables": {{"v": {}}}}}"#,
                nested(60_000, "[", "", "]")
            ),
        ),
        (
            "variables of 20,000 objects",
            format!(
                r#"{{"query": "{query}", "variables": {}}}"#,
                nested(20_000, "{\"v\":", "1", "}")
            ),
        ),
        ("60,000 open lists", "[".repeat(60_000)),
        (
            "a number of 100,000 digits",
            format!(
                r#"{{"query": "{query}", "variables": {{"v": {}}}}}"#,
                "9".repeat(100_000)
            ),
        ),
        (
            "a number of 10^999999999",
            format!(r#"{{"query": "{query}", "variables": {{"v": 1e999999999}}}}"#),
        ),
        (
            "extensions of 60,000 lists",
            format!(
                r#"{{"query": "{query}", "extensions": {{"v": {}}}}}"#,
                nested(60_000, "[", "", "]")
            ),
        ),
    ]
}

/// Sends each one; it must be refused quickly and return no data.
pub(crate) async fn explode(target: &Target, tally: &Tally) {
    let all = all()
        .into_iter()
        .map(|(what, body)| (what, body.to_string()));
    for (what, body) in all.chain(texts()) {
        for base in [&target.origin_url, &target.edge_url] {
            let request = target
                .client
                .post(format!("{base}/graphql"))
                .header("accept", GRAPHQL_RESPONSE)
                .header("content-type", "application/json")
                .body(body.clone());
            let began = Instant::now();
            let seen = match request.send().await {
                Ok(seen) => Answer::read(seen).await,
                Err(error) => Err(error.into()),
            };
            let seen = match seen {
                Ok(seen) => seen,
                Err(error) => {
                    tally.fault(format!("{PART}: no answer to {what} at {base}: {error:#}"));
                    continue;
                }
            };
            let took = began.elapsed();
            let code = seen.code();
            tally.answered(
                PART,
                &Seen {
                    status: seen.status,
                    code: &code,
                    what,
                },
            );
            let gave = !seen.json()["data"].is_null();
            tally.holds(!gave && !code.is_empty(), || {
                let text: String = seen.text.chars().take(200).collect();
                format!(
                    "{PART}: {what} at {base} was answered: {} {text}",
                    seen.status
                )
            });
            tally.holds(took < WITHIN, || {
                format!("{PART}: {what} at {base} took {took:?}")
            });
        }
    }
}
