//! What is held of somebody's bookings, and what is left of them after an erasure.

use domain::users::account::Post;
use serde_json::{Value, json};

use super::{CHECK_IN, booked, places, works_for};
use crate::{
    accounts::person::{PASSWORD, register},
    app::TestApp,
    fixtures::store,
};

#[tokio::test]
async fn bookings_are_exported_and_after_an_erasure_lead_to_nobody() {
    let app = TestApp::start().await;
    let (one, other) = (places("a", 0, 1), places("a", 1, 9));
    store(&app.db, "a", vec![one.clone(), other.clone()]).await;
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
