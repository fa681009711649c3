//! What is held of somebody's bookings, and what is left of them after an erasure.

use domain::{UserId, users::account::Post};
use serde_json::{Value, json};

use super::{CHECK_IN, CREATE, booked, places, works_for};
use crate::{
    accounts::person::{PASSWORD, register},
    app::TestApp,
    fixtures::store,
};

#[tokio::test]
async fn bookings_are_exported_and_after_an_erasure_lead_to_nobody() {
    let app = TestApp::start().await;
    let (one, other) = (places("a", 0, 1), places("a", 1, 9));
    store(&app, "a", vec![one.clone(), other.clone()]).await;
    let ana = register(&app, "ana").await;
    let staff = works_for(&app, "staff", "a", Post::Staff).await;
    let open = booked(&app, &ana, &one).await;
    let used = booked(&app, &ana, &other).await;
    let scanned = json!({"b": used["id"], "q": used["qrCode"]});
    staff.ask(&app, CHECK_IN, scanned).await.data();
    let export = ana
        .ask(&app, "{ exportMyData { data } }", json!({}))
        .await
        .data();
    let export: Value =
        serde_json::from_str(export["exportMyData"]["data"].as_str().unwrap()).unwrap();
    let bookings = export["bookings"].as_array().unwrap();
    assert_eq!(bookings.len(), 2);
    assert!(bookings.iter().any(|one| one["status"] == "CHECKED_IN"));
    assert!(bookings.iter().all(|one| one["shortCode"].is_string()));
    assert!(!export.to_string().contains("ysn1."));
    let delete = "mutation D($p: String!) { deleteMyAccount(password: $p) }";
    let gone = ana.ask(&app, delete, json!({"p": PASSWORD})).await;
    assert_eq!(gone.data()["deleteMyAccount"], true);
    // The open booking was cancelled, and its offer can be booked again at once.
    assert_ne!(gone.header("yousoon-revision"), "");
    let read = "query B($b: ID!) { booking(id: $b) { status user { id firstName avatar } } }";
    for (booking, status) in [(&open, "CANCELLED"), (&used, "CHECKED_IN")] {
        let seen = staff
            .ask(&app, read, json!({"b": booking["id"]}))
            .await
            .data()["booking"]
            .clone();
        assert_eq!(seen["status"], status);
        assert_ne!(seen["user"]["id"], ana.id.as_str());
        assert_eq!(seen["user"]["firstName"], "");
    }
    booked(&app, &staff, &one).await;
    // No table knows who it was any more.
    let id = ana.id.clone();
    let left: i64 = app
        .db
        .read(move |c| {
            let sql = "SELECT (SELECT COUNT(*) FROM bookings WHERE user_id = ?1)
                + (SELECT COUNT(*) FROM purge_log WHERE tags || actor || reason LIKE '%' || ?1 || '%')
                + (SELECT COUNT(*) FROM purge_audit WHERE tags || actor || reason LIKE '%' || ?1 || '%')";
            Ok(c.query_row(sql, [id], |row| row.get(0))?)
        })
        .await
        .unwrap();
    assert_eq!(left, 0);
}

/// E7: another origin trusts the token for a moment after the account was erased.
#[tokio::test]
async fn who_was_erased_elsewhere_stores_nothing() {
    let app = TestApp::start().await;
    let one = places("a", 0, 3);
    store(&app, "a", vec![one.clone()]).await;
    let ana = register(&app, "ana").await;
    ana.ask(&app, "{ me { id } }", json!({})).await.data();
    let id = UserId::parse(&ana.id).unwrap();
    let users = &app.state.services.users;
    let erased = users.erase(&id, "pseudonym", 0).await.unwrap();
    assert_eq!(erased, domain::users::store::Erased::Done);
    let favorite = "mutation A($o: ID!) { addFavorite(offerId: $o) }";
    let consent = r#"mutation R { recordConsent(input: {purpose: TERMS, version: "1", granted: true}) { at } }"#;
    let this = json!({"o": one.id});
    for (mutation, variables) in [
        (CREATE, this.clone()),
        (favorite, this),
        (consent, json!({})),
    ] {
        let refused = ana.ask(&app, mutation, variables).await;
        assert_eq!(
            refused.code(),
            "TOKEN_INVALID",
            "{mutation}: {}",
            refused.text
        );
    }
    let left: i64 = app
        .db
        .read(move |c| {
            let sql = "SELECT (SELECT COUNT(*) FROM bookings) + (SELECT COUNT(*) FROM favorites)
                + (SELECT COUNT(*) FROM consents)";
            Ok(c.query_row(sql, [], |row| row.get(0))?)
        })
        .await
        .unwrap();
    assert_eq!(left, 0);
}

/// E11.
#[tokio::test]
async fn what_an_actor_did_is_exported_page_by_page_and_has_a_pseudonym_after_an_erasure() {
    const PAUSE: &str = "mutation P($o: ID!) { pauseOffer(id: $o) { version } }";
    const RESUME: &str = "mutation P($o: ID!) { resumeOffer(id: $o) { version } }";
    const EXPORT: &str = "query E($a: String) { exportMyData(after: $a) { data next } }";
    let app = TestApp::start().await;
    let one = places("a", 0, 3);
    store(&app, "a", vec![one.clone()]).await;
    let manager = works_for(&app, "manager", "a", Post::Manager).await;
    let this = json!({"o": one.id});
    manager.ask(&app, PAUSE, this.clone()).await.data();
    manager.ask(&app, RESUME, this.clone()).await.data();
    let export = async |after: Value| {
        let page = manager.ask(&app, EXPORT, json!({"a": after})).await;
        let page = page.data()["exportMyData"].clone();
        let data: Value = serde_json::from_str(page["data"].as_str().unwrap()).unwrap();
        (data, page["next"].clone())
    };
    let (data, next) = export(Value::Null).await;
    assert_eq!(next, Value::Null);
    let actions = data["actions"].as_array().unwrap();
    assert_eq!(actions[0]["action"], "resumeOffer: isActive");
    assert_eq!(actions.len(), 2, "{actions:?}");
    let wrong = manager.ask(&app, EXPORT, json!({"a": "x"})).await;
    assert_eq!(wrong.code(), "BAD_USER_INPUT");
    // Many more than a page has.
    let actor = format!("user {}", manager.id);
    app.db
        .write(move |tx| {
            let sql = "INSERT INTO purge_audit(at_ms, actor, reason, kind, tags)
                SELECT 1, ?1, 'many', 'hard', '[]' FROM
                (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1100)
                 SELECT i FROM n)";
            Ok(tx.execute(sql, [actor])?)
        })
        .await
        .unwrap();
    let (mut after, mut counts) = (Value::Null, Vec::new());
    loop {
        let (data, next) = export(after).await;
        counts.push(data["actions"].as_array().unwrap().len());
        assert_eq!(data["account"].is_object(), counts.len() == 1);
        if next.is_null() {
            break;
        }
        after = next;
    }
    assert_eq!(counts, [500, 500, 102]);
    let delete = "mutation D($p: String!) { deleteMyAccount(password: $p) }";
    manager
        .ask(&app, delete, json!({"p": PASSWORD}))
        .await
        .data();
    let actors: Vec<String> = app
        .db
        .read(|c| {
            let sql = "SELECT DISTINCT substr(actor, 1, 12) FROM purge_audit";
            let mut statement = c.prepare(sql)?;
            let actors = statement.query_map([], |row| row.get(0))?;
            Ok(actors.collect::<Result<_, _>>()?)
        })
        .await
        .unwrap();
    // "account" is who drops the profile from the caches.
    assert_eq!(actors, ["account", "erased user "]);
}
