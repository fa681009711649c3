//! Administrators look at checks and decide.

use domain::purges::audit::AuditFilter;
use serde_json::{Value, json};

use super::{World, administrator};
use crate::{
    accounts::person::{Person, register},
    app::Answer,
};

const CASES: &str = "query C($s: VerificationState, $f: Int, $a: String) {
    identityVerifications(state: $s, first: $f, after: $a) {
    pageInfo { hasNextPage endCursor } edges { node { id state reason attempt consentVersion birthYear
    providerUrl createdAt decidedAt decidedBy expiresAt operatorNote operatorDecidedAt
    user { id firstName } operator { id } } } } }";
const DECIDE: &str = "mutation D($i: ID!, $v: IdentityVerdict!, $r: String!, $b: Int) {
    decideIdentity(id: $i, verdict: $v, reason: $r, birthYear: $b) {
    id state reason decidedBy operatorNote birthYear user { id } operator { id } } }";

/// What `userForOperator` gives for a reason.
async fn assert_more_needs_a_reason(world: &World, admin: &Person) {
    let more = CASES.replace("firstName", "firstName email");
    let refused = admin.ask(&world.app, &more, json!({})).await;
    assert_eq!(refused.code(), "FORBIDDEN");
}

#[tokio::test]
async fn administrators_look_and_decide_with_a_reason() {
    let world = World::start().await;
    let (ana, admin) = (
        register(&world.app, "ana").await,
        administrator(&world.app).await,
    );
    world.submitted(&ana).await;
    world
        .decide("declined", json!({"reason_code": 103}), 1)
        .await;
    world.app.sent().await;
    let cases = admin
        .ask(&world.app, CASES, json!({"s": "DECLINED"}))
        .await
        .data();
    let edges = cases["identityVerifications"]["edges"].as_array().unwrap();
    assert_eq!(edges.len(), 1);
    let case = &edges[0]["node"];
    assert_eq!(case["reason"], "FACE_DOES_NOT_MATCH");
    assert_eq!(case["user"]["firstName"], "Zoé");
    assert_more_needs_a_reason(&world, &admin).await;
    let page = case["providerUrl"].as_str().unwrap();
    assert_eq!(
        page,
        world
            .fake
            .url(&format!("veriff/v/{}", world.session().await))
    );
    let none = admin
        .ask(&world.app, CASES, json!({"s": "OPEN"}))
        .await
        .data();
    assert_eq!(none["identityVerifications"]["edges"], json!([]));

    let decide = |verdict: &str, reason: &str, born: Value| json!({"i": case["id"], "v": verdict, "r": reason, "b": born});
    for (who, code) in [(&ana, "FORBIDDEN")] {
        let refused = who
            .ask(&world.app, DECIDE, decide("APPROVED", "me", Value::Null))
            .await;
        assert_eq!(refused.code(), code);
        assert_eq!(who.ask(&world.app, CASES, json!({})).await.code(), code);
    }
    // A service decides on nobody.
    let service = world
        .app
        .post(DECIDE, &decide("APPROVED", "seen", Value::Null));
    let service = Answer::of(service.bearer_auth(crate::app::TOKEN)).await;
    assert_eq!(service.code(), "FORBIDDEN");
    for bad in [
        decide("APPROVED", "", Value::Null),
        decide("APPROVED", "two\nlines", Value::Null),
        decide("APPROVED", "seen", json!(1899)),
        decide("APPROVED", "seen", json!(2027)),
        decide("DECLINED", "seen", json!(1990)),
    ] {
        let refused = admin.ask(&world.app, DECIDE, bad.clone()).await;
        assert_eq!(refused.code(), "BAD_USER_INPUT", "{bad}");
    }
    let good = decide("APPROVED", "Seen on the phone", json!(1990));
    let decided = admin.ask(&world.app, DECIDE, good).await.data();
    let decided = &decided["decideIdentity"];
    assert_eq!(decided["state"], "APPROVED");
    assert_eq!(decided["operator"]["id"], admin.id.as_str());
    assert_eq!(decided["operatorNote"], "Seen on the phone");
    assert_eq!(world.app.sent().await.len(), 1);
    let (status, check) = world.mine(&ana).await;
    assert_eq!(
        (status.as_str(), &check["birthYear"]),
        ("VERIFIED", &json!(1990))
    );
    // The audit has who and what.
    let audit = world
        .app
        .state
        .services
        .purges
        .audit(None, 99, AuditFilter::default());
    let audit = audit.await.unwrap();
    let row = audit
        .iter()
        .find(|row| row.reason == "decideIdentity approved")
        .unwrap();
    assert!(row.actor.contains(&admin.id), "{row:?}");
    assert!(!format!("{row:?}").contains(&ana.id));
    // The provider's older decision comes once more, and changes nothing.
    let again = json!({"session": world.session().await, "report": {"url": world.webhook()}});
    world.control("report-again", again).await;
    world.app.sent().await;
    assert_eq!(world.mine(&ana).await.0, "VERIFIED");

    // Nobody decides on their own. The newest is the first of the list.
    world.app.pass_ms(1_000);
    world.submitted(&admin).await;
    let all = admin.ask(&world.app, CASES, json!({})).await.data();
    let all = all["identityVerifications"]["edges"].as_array().unwrap();
    let own = |case: &&Value| case["node"]["user"]["id"] == admin.id.as_str();
    let own = all.iter().find(own).unwrap()["node"]["id"].clone();
    let own = json!({"i": own, "v": "APPROVED", "r": "it is me"});
    assert_eq!(
        admin.ask(&world.app, DECIDE, own).await.code(),
        "VERIFICATION_IS_YOURS"
    );
    let none = json!({"i": "000000000000000000000000", "v": "DECLINED", "r": "who?"});
    assert_eq!(
        admin.ask(&world.app, DECIDE, none).await.code(),
        "VERIFICATION_NOT_FOUND"
    );
}
