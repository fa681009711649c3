//! Forged access tokens, and refresh tokens that are used more than once.

use e2e::{Answer, Target};
use pq_core::ErrorCode;
use reqwest::RequestBuilder;
use serde_json::json;

use super::forged::{self, Forged};
use super::tally::{Seen, Tally};
use crate::people::{Person, anonymous, answer, data, register, registration};

const REUSE: &str = "refresh reuse";

/// Sends each forged token to origin and edge, with a query and a mutation; all must be refused.
pub(crate) async fn forgeries(target: &Target, tally: &Tally, ana: &Person) {
    const PART: &str = "forged tokens";
    let me = target.ask("Me", json!({}));
    let purge = target.ask("Purge", json!({"input": {"all": true, "reason": "forged"}}));
    let claims = forged::claims(&ana.access);
    for base in [&target.origin_url, &target.edge_url] {
        let control = anonymous(&target.client, base, &me).bearer_auth(forged::well_made(&claims));
        let control = answer(control).await;
        let is_taken = control.json()["data"]["me"]["id"] == ana.id.as_str();
        tally.holds(is_taken, || {
            format!("a valid token is refused: {}", control.text)
        });
        for Forged { what, token, code } in forged::all(&ana.access) {
            for ask in [&me, &purge] {
                let request = anonymous(&target.client, base, ask).bearer_auth(&token);
                let Ok(seen) = request.send().await else {
                    tally.fault(format!("{PART}: no answer to {what} at {base}"));
                    continue;
                };
                let seen = Answer::read(seen).await.unwrap();
                tally.read(PART, &seen, what);
                let said = seen.code();
                let status = ErrorCode::parse(code).unwrap().status();
                let is_refused = said == code && seen.status == status;
                tally.holds(is_refused, || {
                    format!("{PART}: {what} at {base}: {} {}", seen.status, seen.text)
                });
                if !seen.json()["data"].is_null() {
                    tally.leaked(format!("{what} at {base}: {}", seen.text));
                }
            }
        }
        huge(target, tally, base).await;
    }
}

/// Sends a header that is larger than any server reads. The server refuses it before our code runs.
async fn huge(target: &Target, tally: &Tally, base: &str) {
    let me = target.ask("Me", json!({}));
    let token = format!("a.{}.c", "A".repeat(2 << 20));
    let request = anonymous(&target.client, base, &me).bearer_auth(token);
    // Closing the connection while the request is sent is a refusal too.
    let status = request
        .send()
        .await
        .map_or(431, |seen| seen.status().as_u16());
    let what = "2 MiB of token";
    tally.answered(
        "forged tokens",
        &Seen {
            status,
            code: "",
            what,
        },
    );
    let is_refused = [400, 401, 413, 431].contains(&status);
    tally.holds(is_refused, || format!("{what} at {base}: {status}"));
}

/// Uses one refresh token many times at once: all uses get the same next token, as two tabs and a
/// repeat after a lost answer do. A token that is older than the one before the valid one is a theft:
/// it ends the session for everybody.
pub(crate) async fn refresh_reuse(target: &Target, tally: &Tally, name: &str) {
    const AT_ONCE: usize = 16;
    let sign_up = target.ask("Register", registration(name));
    let person = register(&target.client, &target.edge_url, &sign_up).await;
    let mut uses = tokio::task::JoinSet::new();
    for number in 0..AT_ONCE {
        let base = [&target.edge_url, &target.origin_url][number % 2];
        uses.spawn(answer(refresh(target, base, &person.refresh)));
    }
    let mut next = std::collections::BTreeSet::new();
    for seen in uses.join_all().await {
        match refreshed(tally, &seen, "at once") {
            Some(token) => {
                next.insert(token);
            }
            None => tally.fault(format!("{REUSE}: {}", seen.text)),
        }
    }
    tally.holds(next.len() == 1, || {
        format!("{REUSE}: one token was exchanged for {} others", next.len())
    });
    let Some(second) = next.pop_first() else {
        return;
    };
    let seen = answer(refresh(target, &target.edge_url, &second)).await;
    let Some(third) = refreshed(tally, &seen, "the next one") else {
        return tally.fault(format!("{REUSE}: the session ended: {}", seen.text));
    };
    // The session ends for all of them, because the thief cannot be told from the owner.
    for token in [&person.refresh, &second, &third] {
        let seen = answer(refresh(target, &target.edge_url, token)).await;
        let is_refused = refreshed(tally, &seen, "after reuse").is_none()
            && seen.code() == "REFRESH_TOKEN_INVALID";
        tally.holds(is_refused, || {
            format!("{REUSE}: the session goes on: {}", seen.text)
        });
    }
}

fn refresh(target: &Target, base: &str, token: &str) -> RequestBuilder {
    let ask = target.ask("RefreshToken", json!({"token": token}));
    anonymous(&target.client, base, &ask)
}

/// The next refresh token, if there is one.
fn refreshed(tally: &Tally, seen: &Answer, what: &str) -> Option<String> {
    tally.read(REUSE, seen, what);
    let is_refreshed = seen.status == 200 && seen.code().is_empty();
    is_refreshed.then(|| Person::of(&data(seen)["refreshToken"]).refresh)
}
