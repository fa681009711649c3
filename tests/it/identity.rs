//! The story of a check of somebody's identity, through the edge, with a provider that speaks Veriff's format:
//! both decisions, what they open, their end, and what is left when the account goes.

use std::time::Duration;

use e2e::Stack;
use serde_json::{Value, json};

use crate::{
    messages::World,
    story::Person,
    telling::{Clock, DAY_S, published, verified},
};

/// A verification is good for so long, and says so this long before.
const VALID_S: i64 = 2 * 365 * DAY_S;
const WARNED_S: i64 = 30 * DAY_S;

/// An offer of an owner that asks for a verified identity, of adults.
async fn for_adults(world: &World, owner: &Person) -> String {
    let (_, offer) = published(world, owner).await;
    let input = json!({"requiresIdentity": true, "minimumAge": 18});
    let edit = json!({"id": offer, "input": input});
    owner.ask(&world.stack, "UpdateOffer", edit).await;
    let shown = world.ask("OfferAdmission", json!({"id": offer})).await;
    let shown = &shown["data"]["offer"];
    assert_eq!(
        (&shown["requiresIdentity"], &shown["minimumAge"]),
        (&json!(true), &json!(18))
    );
    offer
}

/// Asks for a check, and opens the page that comes with it. Returns the provider's name of the session.
async fn submitted(world: &World, person: &Person) -> Value {
    let input = json!({"input": {"consentVersion": "1"}});
    let asked = person
        .ask(&world.stack, "SubmitIdentityVerification", input)
        .await;
    let check = &asked["submitIdentityVerification"];
    assert_eq!(check["status"], "PENDING");
    let page = check["sessionUrl"].as_str().unwrap();
    let page = world.stack.client.get(page).send().await.unwrap();
    assert!(page.status().is_success(), "{page:?}");
    let text = page.text().await.unwrap();
    assert!(text.contains("Identity check"), "{text}");
    world.sessions().await.last().unwrap()["id"].clone()
}

/// The provider decides, and reports it so often. Returns what the webhook answered.
async fn decided(world: &World, session: &Value, decision: Value, times: usize) -> Value {
    let mut order = decision;
    order["session"] = session.clone();
    let url = format!("{}/webhooks/veriff", world.stack.origin_url);
    order["report"] = json!({"url": url, "times": times});
    world.order("control/decide", order).await
}

async fn mine(world: &World, person: &Person) -> Value {
    let mine = json!({});
    person
        .ask(&world.stack, "MyIdentityVerification", mine)
        .await
}

/// Waits for that many mails; the last one's title begins so.
async fn told(world: &World, person: &Person, count: usize, title: &str) {
    let mail = world.mail(&person.email, count).await;
    let is = mail["title"].as_str().unwrap();
    assert!(is.starts_with(title), "{mail:#}");
}

fn booking(offer: &str, key: &str) -> Value {
    json!({"offerId": offer, "idempotencyKey": key})
}

#[tokio::test]
async fn a_refused_document_opens_nothing_and_an_accepted_one_the_offers_for_adults() {
    let world = World::started(Vec::new()).await;
    let stack = &world.stack;
    let owner = verified(&world, "owner").await;
    let offer = for_adults(&world, &owner).await;
    let ana = verified(&world, "ana").await;
    let book = async |key: &str| {
        ana.refused(stack, "CreateBooking", booking(&offer, key))
            .await
    };
    assert_eq!(book("first").await, "IDENTITY_REQUIRED");

    let session = submitted(&world, &ana).await;
    assert_eq!(book("second").await, "IDENTITY_PENDING");
    let decision = json!({"status": "declined", "reason_code": 106});
    let heard = decided(&world, &session, decision, 2).await;
    assert_eq!(heard, json!([200, 200]));
    told(&world, &ana, 2, "Votre identité n’a pas pu").await;
    let check = mine(&world, &ana).await;
    assert_eq!(check["me"]["identityStatus"], "REJECTED");
    assert_eq!(check["myIdentityVerification"]["reason"], "NOT_TRUSTED");
    assert_eq!(book("third").await, "IDENTITY_REQUIRED");

    // Another attempt is another session. Somebody changes its refusal into an approval on the way.
    let session = submitted(&world, &ana).await;
    let decision = json!({"status": "approved", "date_of_birth": "1990-02-03"});
    let url = format!("{}/webhooks/veriff", stack.origin_url);
    decided(&world, &session, decision, 0).await;
    let forged = json!({"session": session, "report": {"url": url, "tampered": true}});
    let heard = world.order("control/report-again", forged).await;
    assert_eq!(heard, json!([403]));
    let pending = mine(&world, &ana).await;
    assert_eq!(pending["me"]["identityStatus"], "PENDING");
    let report = json!({"session": session, "report": {"url": url}});
    let heard = world.order("control/report-again", report).await;
    assert_eq!(heard, json!([200]));
    told(&world, &ana, 3, "Votre identité est vérifiée").await;
    let check = mine(&world, &ana).await;
    assert_eq!(check["me"]["identityStatus"], "VERIFIED");
    assert_eq!(check["myIdentityVerification"]["birthYear"], 1990);
    let booked = ana
        .ask(stack, "CreateBooking", booking(&offer, "fourth"))
        .await;
    assert_eq!(booked["createBooking"]["offer"]["id"], offer.as_str());

    // The account goes; the provider forgets both sessions.
    let password = json!({"password": "correct horse"});
    let gone = ana.ask(stack, "DeleteMyAccount", password).await;
    assert_eq!(gone["deleteMyAccount"], true);
    for _ in 0..200 {
        let sessions = world.sessions().await;
        if sessions.iter().all(|session| session["deleted"] == true) {
            assert_eq!(sessions.len(), 2);
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("not deleted: {:#?}", world.sessions().await);
}

#[tokio::test]
async fn somebody_too_young_stays_outside_and_a_verification_ends_after_its_term() {
    let Some((clock, variables)) = Clock::new() else {
        return;
    };
    let world = World::started(variables).await;
    let stack = &world.stack;
    let owner = verified(&world, "owner").await;
    let offer = for_adults(&world, &owner).await;
    let year = chrono::Datelike::year(&chrono::Utc::now());
    let [young, ana] = [
        verified(&world, "young").await,
        verified(&world, "ana").await,
    ];
    for (person, born) in [(&young, year - 16), (&ana, 1990)] {
        let session = submitted(&world, person).await;
        let decision = json!({"status": "approved", "date_of_birth": format!("{born}-02-03")});
        let heard = decided(&world, &session, decision, 1).await;
        assert_eq!(heard, json!([200]));
        told(&world, person, 2, "Votre identité est vérifiée").await;
    }
    let refused = young
        .refused(stack, "CreateBooking", booking(&offer, "young"))
        .await;
    assert_eq!(refused, "AGE_TOO_LOW");

    // The edge and the fakes go by the true time: requests wait until it holds again.
    clock.set(VALID_S - WARNED_S + 60);
    let told = "SELECT COUNT(*) = 2 FROM inbox WHERE letter LIKE '%expiring%'";
    until(stack, told).await;
    clock.set(0);
    let status = mine(&world, &ana).await["me"]["identityStatus"].clone();
    assert_eq!(status, "VERIFIED");
    let inbox = ana.ask(stack, "Notifications", json!({"first": 1})).await;
    let newest = &inbox["notifications"]["edges"][0]["node"];
    assert_eq!(newest["title"], "Identité à renouveler");

    clock.set(VALID_S + 60);
    let ended = "SELECT COUNT(*) = 2 FROM verifications WHERE state = 'lapsed'";
    until(stack, ended).await;
    clock.set(0);
    let check = mine(&world, &ana).await;
    assert_eq!(check["me"]["identityStatus"], "NOT_SUBMITTED");
    assert_eq!(check["myIdentityVerification"]["birthYear"], Value::Null);
    let refused = ana
        .refused(stack, "CreateBooking", booking(&offer, "later"))
        .await;
    assert_eq!(refused, "IDENTITY_REQUIRED");
}

/// Waits until a question to the origin's database is answered with yes.
async fn until(stack: &Stack, question: &str) {
    let database = rusqlite::Connection::open(stack.database()).unwrap();
    for _ in 0..400 {
        if database.query_row(question, (), |row| row.get(0)).unwrap() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("never: {question}");
}
