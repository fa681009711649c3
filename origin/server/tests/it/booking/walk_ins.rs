//! Guests without a booking, and the figures of a night.

use domain::users::account::Post;
use reqwest::Method;
use serde_json::{Value, json};

use super::{CHECK_IN, HOUR_MS, again, booked, places, works_for};
use crate::{
    accounts::person::{Person, register},
    app::{Answer, TestApp},
    fixtures::{partner, store},
};

const WALK_IN: &str = "mutation W($o: ID!, $n: Int, $k: String) {
    recordWalkIn(offerId: $o, partySize: $n, idempotencyKey: $k) {
        id partySize night at offer { id quota { remaining } } } }";
const STATS: &str =
    "query S($p: ID!, $f: String!, $t: String!) { partnerStats(partnerId: $p, from: $f, to: $t) {
    days { day bookings checkIns guests walkIns }
    offers { offer { id } bookings checkIns guests walkIns }
    hours { hour checkIns guests walkIns } } }";
const TOTALS: &str = "query T($p: ID!) { partnerBookings(partnerId: $p) {
    totals { bookings expected arrived walkIns } openings { offer { id } totals { walkIns } } } }";

const UNDO: &str = "mutation U($id: ID!) { undoWalkIn(id: $id) }";

async fn csv(app: &TestApp, who: &Person, path: &str) -> Answer {
    let request = app.request(Method::GET, path);
    Answer::of(request.bearer_auth(&who.access)).await
}

#[tokio::test]
async fn who_walks_in_takes_places_and_is_counted_once() {
    let app = TestApp::start().await;
    let (one, other) = (places("a", 0, 5), places("b", 0, 5));
    store(&app, "a", vec![one.clone()]).await;
    store(&app, "b", vec![other.clone()]).await;
    let ana = register(&app, "ana").await;
    let staff = works_for(&app, "staff", "a", Post::Staff).await;
    let asked = |people: i32, key: Option<&str>| json!({"o": one.id, "n": people, "k": key});
    let first = staff.ask(&app, WALK_IN, asked(3, Some("k"))).await;
    assert_ne!(first.header("yousoon-revision"), "");
    let walked = first.data()["recordWalkIn"].clone();
    let said = (&walked["partySize"], &walked["night"], &walked["at"]);
    assert_eq!(
        said,
        (
            &json!(3),
            &json!("2026-06-01"),
            &json!("2026-06-01T12:00:00.000Z")
        )
    );
    assert_eq!(walked["offer"]["quota"]["remaining"], 2);
    let again = staff.ask(&app, WALK_IN, asked(3, Some("k"))).await.data();
    assert_eq!(again["recordWalkIn"], walked);
    let alone = staff.ask(&app, WALK_IN, json!({"o": one.id})).await.data();
    assert_eq!(alone["recordWalkIn"]["partySize"], 1);
    for (who, asked, code) in [
        (&ana, asked(1, None), "FORBIDDEN"),
        (&staff, json!({"o": other.id}), "FORBIDDEN"),
        (&staff, json!({"o": "x"}), "OFFER_NOT_FOUND"),
        (&staff, asked(0, None), "BAD_USER_INPUT"),
        (&staff, asked(21, None), "BAD_USER_INPUT"),
        (&staff, asked(1, Some("")), "BAD_USER_INPUT"),
        (&staff, asked(1, Some("k")), "IDEMPOTENCY_KEY_REUSED"),
        (&staff, asked(2, None), "OFFER_PLACES_TOO_FEW"),
    ] {
        let refused = who.ask(&app, WALK_IN, asked.clone()).await;
        assert_eq!(refused.code(), code, "{asked}");
    }
    let totals = staff
        .ask(&app, TOTALS, json!({"p": partner("a").id}))
        .await
        .data();
    let totals = &totals["partnerBookings"];
    let expected = json!({"bookings": 0, "expected": 0, "arrived": 0, "walkIns": 4});
    assert_eq!(totals["totals"], expected);
    assert_eq!(totals["openings"][0]["totals"]["walkIns"], 4);
}

#[tokio::test]
async fn a_walk_in_is_taken_back_by_its_partner_within_five_minutes() {
    let app = TestApp::start().await;
    let one = places("a", 0, 5);
    store(&app, "a", vec![one.clone()]).await;
    store(&app, "b", vec![places("b", 0, 5)]).await;
    register(&app, "ana").await;
    let staff = works_for(&app, "staff", "a", Post::Staff).await;
    let other = works_for(&app, "other", "b", Post::Owner).await;
    let asked = json!({"o": one.id, "n": 3});
    let walked = staff.ask(&app, WALK_IN, asked.clone()).await.data();
    let walked = walked["recordWalkIn"]["id"].clone();
    let undone = async |who: &Person, id: &Value| {
        let answer = who.ask(&app, UNDO, json!({"id": id})).await;
        answer.data()["undoWalkIn"].clone()
    };
    assert_eq!(undone(&other, &walked).await, false);
    assert_eq!(undone(&staff, &json!("x")).await, false);
    assert_eq!(undone(&staff, &walked).await, true);
    assert_eq!(undone(&staff, &walked).await, false);
    let again = staff.ask(&app, WALK_IN, asked).await.data()["recordWalkIn"].clone();
    assert_eq!(again["offer"]["quota"]["remaining"], 2);
    app.pass_ms(5 * 60_000);
    let late = staff.ask(&app, UNDO, json!({"id": again["id"]})).await;
    assert_eq!(late.code(), "CHECK_IN_UNDO_TOO_LATE");
}

#[tokio::test]
async fn a_night_past_midnight_is_one_evening_in_the_figures_and_the_file() {
    let app = TestApp::start().await;
    let mut one = places("a", 0, 9);
    one.title = "=2 galettes".to_owned();
    store(&app, "a", vec![one.clone()]).await;
    let ana = register(&app, "ana").await;
    works_for(&app, "staff", "a", Post::Staff).await;
    works_for(&app, "manager", "a", Post::Manager).await;
    let booking = booked(&app, &ana, &one).await;
    // 00:10 in Paris.
    app.pass_ms(10 * HOUR_MS + 10 * 60_000);
    let staff = again(&app, "staff").await;
    let scanned = json!({"b": booking["id"], "q": booking["offlineCode"]});
    staff.ask(&app, CHECK_IN, scanned).await.data();
    staff
        .ask(&app, WALK_IN, json!({"o": one.id, "n": 2}))
        .await
        .data();
    let manager = again(&app, "manager").await;
    let asked = json!({"p": partner("a").id, "f": "2026-06-01", "t": "2026-06-02"});
    let refused = staff.ask(&app, STATS, asked.clone()).await;
    assert_eq!(refused.code(), "FORBIDDEN");
    let stats = manager.ask(&app, STATS, asked).await.data()["partnerStats"].clone();
    let days = json!([
        {"day": "2026-06-01", "bookings": 1, "checkIns": 1, "guests": 1, "walkIns": 2},
        {"day": "2026-06-02", "bookings": 0, "checkIns": 0, "guests": 0, "walkIns": 0},
    ]);
    assert_eq!(stats["days"], days);
    let offers =
        json!([{"offer": {"id": one.id}, "bookings": 1, "checkIns": 1, "guests": 1, "walkIns": 2}]);
    assert_eq!(stats["offers"], offers);
    let hours = stats["hours"].as_array().unwrap();
    assert_eq!((hours.len(), &hours[0]["hour"]), (24, &json!(6)));
    let midnight = hours.iter().find(|hour| hour["hour"] == 0).unwrap();
    assert_eq!(
        *midnight,
        json!({"hour": 0, "checkIns": 1, "guests": 1, "walkIns": 2})
    );
    let came: i64 = hours
        .iter()
        .map(|hour| hour["guests"].as_i64().unwrap())
        .sum();
    assert_eq!(came, 1);

    let path = format!(
        "/partners/{}/stats.csv?from=2026-06-01&to=2026-06-30",
        partner("a").id
    );
    let file = csv(&app, &manager, &path).await;
    assert_eq!(file.header("content-type"), "text/csv; charset=utf-8");
    assert_eq!(file.header("cache-control"), "private, no-store");
    let lines: Vec<&str> = file.text.lines().collect();
    let row = format!("2026-06-01,{},'=2 galettes,1,1,1,2", one.id);
    assert_eq!(
        lines,
        ["night,offer,title,bookings,check_ins,guests,walk_ins", &row]
    );
    for (who, path, status) in [
        (&staff, path.as_str(), 403),
        (&manager, &path.replace("2026-06-30", "2026-05-30"), 400),
        (&manager, &path.replace("&to=2026-06-30", ""), 400),
        (
            &manager,
            "/partners/x/stats.csv?from=2026-06-01&to=2026-06-02",
            404,
        ),
    ] {
        let refused: Value = json!(csv(&app, who, path).await.status.as_u16());
        assert_eq!(refused, status, "{path}");
    }
    let anonymous = Answer::of(app.request(Method::GET, &path)).await;
    assert_eq!(anonymous.status.as_u16(), 401);
}
