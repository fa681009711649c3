//! Requests that race with what ends their rights.

use std::collections::BTreeSet;
use std::time::Duration;

use e2e::{Ask, Target};
use serde_json::{Value, json};

use super::scale::Scale;
use super::tally::Tally;
use crate::people::{PASSWORD, Person, anonymous, answer, credentials, register, registration};

const PART: &str = "races";
/// The requests of each kind that run while a password changes.
const EACH: usize = 4;
/// An ended session is refused within 2 s.
const ENDED: Duration = Duration::from_millis(2_200);

/// Tokens that somebody got.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Got {
    access: String,
    refresh: String,
}

impl Got {
    fn of(payload: &Value) -> Option<Self> {
        let text = |name: &str| Some(payload[name].as_str()?.to_owned());
        Some(Self {
            access: text("accessToken")?,
            refresh: text("refreshToken")?,
        })
    }
}

/// E1: while a password changes, somebody who knows the former one signs in, and refreshes. Nobody
/// but the owner stays signed in.
pub(crate) async fn new_passwords(target: &Target, tally: &Tally, scale: Scale) {
    let mut stolen = Vec::new();
    for number in 0..scale.races {
        let name = format!("race-{number}");
        let sign_up = target.ask("Register", registration(&name));
        let owner = register(&target.client, &target.edge_url, &sign_up).await;
        let change = target.ask(
            "ChangePassword",
            json!({"input": {"currentPassword": PASSWORD, "newPassword": "another one"}}),
        );
        let login = target.ask("Login", credentials(&name, PASSWORD));
        let refresh = target.ask("RefreshToken", json!({"token": owner.refresh}));
        let mut others = tokio::task::JoinSet::new();
        for ask in [&login, &refresh].into_iter().cycle().take(2 * EACH) {
            others.spawn(answer(anonymous(&target.client, &target.edge_url, ask)));
        }
        let changed = change
            .post(&target.client, &target.edge_url, &owner.access)
            .await
            .unwrap();
        tally.read(PART, &changed, "a new password");
        let own = Got::of(&changed.json()["data"]["changePassword"]);
        let Some(own) = own else {
            // A thief who was first has ended the owner's session only if the password is refused.
            tally.fault(format!("{PART}: no new password: {}", changed.text));
            continue;
        };
        let mut got = BTreeSet::new();
        for seen in others.join_all().await {
            tally.read(PART, &seen, "with the former password");
            let data = &seen.json()["data"];
            got.extend(
                ["login", "refreshToken"]
                    .iter()
                    .filter_map(|field| Got::of(&data[field])),
            );
        }
        got.insert(Got {
            access: owner.access.clone(),
            refresh: owner.refresh.clone(),
        });
        stolen.push((own, got));
    }
    tokio::time::sleep(ENDED).await;
    let me = target.ask("Me", json!({}));
    for (own, got) in &stolen {
        let seen = me
            .post(&target.client, &target.edge_url, &own.access)
            .await
            .unwrap();
        tally.read(PART, &seen, "the owner");
        tally.holds(seen.code().is_empty(), || {
            format!("{PART}: the owner is signed out: {}", seen.text)
        });
        for stolen in got {
            is_over(target, tally, &me, stolen).await;
        }
    }
}

/// Neither token is of any use.
async fn is_over(target: &Target, tally: &Tally, me: &Ask, stolen: &Got) {
    let seen = me
        .post(&target.client, &target.edge_url, &stolen.access)
        .await
        .unwrap();
    tally.read(PART, &seen, "a former session");
    tally.holds(seen.code() == "TOKEN_INVALID", || {
        format!("{PART}: a session outlived its password: {}", seen.text)
    });
    let refresh = target.ask("RefreshToken", json!({"token": stolen.refresh}));
    let seen = answer(anonymous(&target.client, &target.edge_url, &refresh)).await;
    tally.read(PART, &seen, "a former session");
    tally.holds(seen.code() == "REFRESH_TOKEN_INVALID", || {
        format!("{PART}: a session outlived its password: {}", seen.text)
    });
}

/// F4: after a logout its access token is refused, within 2 s.
pub(crate) async fn logouts(target: &Target, tally: &Tally, scale: Scale) {
    let mut ended = Vec::new();
    for number in 0..scale.races {
        let sign_up = target.ask("Register", registration(&format!("leaver-{number}")));
        let person = register(&target.client, &target.edge_url, &sign_up).await;
        let [logout, me] = ["Logout", "Me"].map(|name| target.ask(name, json!({})));
        let send = |ask: Ask| {
            let (client, token) = (target.client.clone(), person.access.clone());
            let base = target.edge_url.clone();
            async move { ask.post(&client, &base, &token).await.unwrap() }
        };
        // A read at the same time may cache the session as it was.
        let (left, read) = tokio::join!(send(logout), send(me));
        for seen in [left, read] {
            tally.read(PART, &seen, "a logout");
        }
        ended.push(person);
    }
    tokio::time::sleep(ENDED).await;
    for Person {
        access, refresh, ..
    } in ended
    {
        let me = target.ask("Me", json!({}));
        is_over(target, tally, &me, &Got { access, refresh }).await;
    }
}
