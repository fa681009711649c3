//! Mail to strangers, and caches kept cold, by accounts that anybody may have. Rate limits are on.

use std::collections::BTreeMap;

use e2e::{Ask, Target};
use pq_core::ErrorCode;
use serde_json::{Value, json};

use super::tally::Tally;
use crate::people::{PASSWORD, Person, anonymous, answer, credentials, data, email};

const PART: &str = "floods";
/// More than any budget here allows.
const MANY: usize = 400;
/// The mails that one address may get in a day (`YOUSOON_LIMIT_INVITE_RECIPIENT`).
const MAILS: usize = 10;
/// The writes of one person in an hour (`YOUSOON_LIMIT_CATALOGUE`), and what comes back to the budget
/// during the test.
const WRITES: usize = 310;

/// E2: somebody asks for resets of another's password, again and again. Nobody can tell, and the owner
/// signs in as ever.
pub(crate) async fn resets(target: &Target, tally: &Tally, owner: &str) {
    let ask = target.ask("RequestPasswordReset", json!({"email": email(owner)}));
    for _ in 0..40 {
        let seen = answer(anonymous(&target.client, &target.edge_url, &ask)).await;
        tally.read(PART, &seen, "a reset");
        let is_true = seen.json()["data"]["requestPasswordReset"] == true;
        tally.holds(is_true, || format!("{PART}: a reset tells: {}", seen.text));
    }
    let login = target.ask("Login", credentials(owner, PASSWORD));
    let seen = answer(anonymous(&target.client, &target.edge_url, &login)).await;
    tally.holds(seen.code().is_empty(), || {
        format!("{PART}: resets keep the owner out: {}", seen.text)
    });
}

/// E4: a partner invites a stranger, withdraws, and invites again.
pub(crate) async fn invitations(target: &Target, tally: &Tally, owner: &Person) {
    let made = target.ask(
        "CreatePartner",
        json!({"input": {"name": "Mallory", "category": "BAR"}}),
    );
    let made = made.post(&target.client, &target.edge_url, &owner.access);
    let partner = data(&made.await.unwrap())["createPartner"]["id"].clone();
    let input = json!({"email": "stranger@elsewhere.example", "role": "STAFF"});
    let variables = json!({"partnerId": partner, "input": input});
    let invite = target.ask("InviteMember", variables);
    let mut invited = 0;
    for _ in 0..4 * MAILS {
        let seen = send(target, tally, owner, &invite, "an invitation").await;
        let Some(id) = seen["data"]["inviteMember"]["id"].as_str() else {
            continue;
        };
        invited += 1;
        let withdraw = json!({"partnerId": partner, "id": id});
        let withdraw = target.ask("WithdrawInvitation", withdraw);
        send(target, tally, owner, &withdraw, "a withdrawal").await;
    }
    tally.holds(invited <= MAILS, || {
        format!("{PART}: a stranger was invited {invited} times")
    });
    // E5: the same partner changes its name as often as it can.
    let mut codes: BTreeMap<String, usize> = BTreeMap::new();
    for number in 0..MANY {
        let input = json!({"name": format!("Mallory {number}")});
        let rename = target.ask("UpdatePartner", json!({"id": partner, "input": input}));
        let seen = send(target, tally, owner, &rename, "a write").await;
        let code = seen["errors"][0]["extensions"]["code"].as_str();
        *codes
            .entry(code.unwrap_or_default().to_owned())
            .or_default() += 1;
    }
    let refused = codes.get(ErrorCode::RATE_LIMITED.as_str());
    let written = codes.get("").copied().unwrap_or_default();
    tally.holds(refused.is_some() && written <= WRITES, || {
        format!("{PART}: {written} writes of one partner: {codes:?}")
    });
}

async fn send(target: &Target, tally: &Tally, who: &Person, ask: &Ask, what: &str) -> Value {
    let seen = ask.post(&target.client, &target.origin_url, &who.access);
    let seen = seen.await.unwrap();
    tally.read(PART, &seen, what);
    seen.json()
}
