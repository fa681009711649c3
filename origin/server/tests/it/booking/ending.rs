//! The job that ends what nobody can use any more.

use std::{sync::Arc, time::Duration};

use domain::{Admission, Offer, OfferSchedule};
use serde_json::json;
use tokio_util::sync::CancellationToken;
use yousoon::bookings::ending::Ending;

use super::{HOUR_MS, again, booked, places};
use crate::{accounts::person::register, app::TestApp, fixtures::store};

pub(super) fn job(app: &TestApp) -> Ending {
    let bookings = Arc::clone(&app.state.services.bookings);
    Ending::new(
        bookings,
        app.state.services.purge_log.clone(),
        app.state.services.clock.clone(),
    )
}

async fn statuses(app: &TestApp, name: &str) -> Vec<String> {
    let query = "{ myBookings { status } }";
    let who = again(app, name).await;
    let listed = who.ask(app, query, json!({})).await.data();
    let listed = listed["myBookings"].as_array().unwrap().iter();
    listed
        .map(|one| one["status"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn one_server_at_a_time_expires_bookings_and_marks_no_shows() {
    let app = TestApp::start().await;
    // Open on Wednesdays, for those whom the venue approves.
    let on_wednesdays = Offer {
        schedule: Some(OfferSchedule {
            weekdays: vec![3],
            from: "18:00".into(),
            to: "20:00".into(),
        }),
        admission: Admission {
            requires_approval: true,
            ..Admission::default()
        },
        ..places("a", 1, 9)
    };
    let now = places("a", 0, 9);
    store(&app, "a", vec![now.clone(), on_wednesdays.clone()]).await;
    let ana = register(&app, "ana").await;
    booked(&app, &ana, &now).await;
    app.pass_ms(4 * HOUR_MS);
    let ana = again(&app, "ana").await;
    booked(&app, &ana, &on_wednesdays).await;
    let (first, second) = (job(&app), job(&app));
    assert_eq!(first.turn().await.unwrap(), 0);
    // Until Tuesday at 14:00, and two hours: it is a no-show.
    app.pass_ms(22 * HOUR_MS);
    let before = app.head();
    assert_eq!(first.turn().await.unwrap(), 1);
    assert!(app.state.services.purge_log.feed().position().head >= before);
    assert_eq!(statuses(&app, "ana").await, ["PENDING", "NO_SHOW"]);
    // Tuesday, 18:00 in Paris: a day has passed, and nobody answered. The second server has no lease
    // while the first renews it, and has it when the first is gone.
    app.pass_ms(2 * HOUR_MS - 10_000);
    assert_eq!(first.turn().await.unwrap(), 0);
    app.pass_ms(10_000);
    assert_eq!(second.turn().await.unwrap(), 0);
    assert_eq!(statuses(&app, "ana").await, ["PENDING", "NO_SHOW"]);
    app.pass_ms(20_000);
    assert_eq!(second.turn().await.unwrap(), 1);
    assert_eq!(statuses(&app, "ana").await, ["EXPIRED", "NO_SHOW"]);
    let left = app
        .state
        .services
        .offers
        .remaining(std::slice::from_ref(&on_wednesdays.id))
        .await;
    assert_eq!(left.unwrap()[&on_wednesdays.id], 9);
    assert_eq!(first.turn().await.unwrap(), 0);
}

#[tokio::test]
async fn the_job_stops_when_it_is_told_and_gives_its_lease_back() {
    let app = TestApp::start().await;
    let stop = CancellationToken::new();
    let running = tokio::spawn(job(&app).run(stop.clone()));
    let next = job(&app);
    let is_free = async || {
        let now_ms = app.state.services.clock.now_ms();
        let taken = app
            .state
            .services
            .bookings
            .take_lease("test", now_ms, now_ms)
            .await;
        taken.unwrap()
    };
    while is_free().await {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    stop.cancel();
    running.await.unwrap();
    assert!(is_free().await);
    next.turn().await.unwrap();
}
