//! The pictures of a booking's code, and its calendar file.

use reqwest::Method;

use super::{booked, places};
use crate::{
    accounts::person::register,
    app::{Answer, TestApp},
    fixtures::store,
};

#[tokio::test]
async fn a_holder_gets_pictures_of_the_code_and_a_calendar_file_and_nobody_else_does() {
    let app = TestApp::start().await;
    let one = places("a", 0, 9);
    store(&app, "a", vec![one.clone()]).await;
    let (ana, bob) = (register(&app, "ana").await, register(&app, "bob").await);
    let booking = booked(&app, &ana, &one).await;
    let id = booking["id"].as_str().unwrap();
    for (path, media, begins) in [
        (format!("/bookings/{id}/qr.svg"), "image/svg+xml", "<svg"),
        (
            format!("/bookings/{id}/qr.svg?code=offline"),
            "image/svg+xml",
            "<svg",
        ),
        (format!("/bookings/{id}/qr.png"), "image/png", "\u{fffd}PNG"),
        (
            format!("/bookings/{id}.ics"),
            "text/calendar; charset=utf-8",
            "BEGIN:VCALENDAR\r\n",
        ),
    ] {
        let get = || app.request(Method::GET, &path);
        let own = Answer::of(get().bearer_auth(&ana.access)).await;
        assert_eq!(own.status, 200, "{path}: {}", own.text);
        assert_eq!(own.header("content-type"), media);
        assert_eq!(own.header("cache-control"), "private, no-store");
        assert_eq!(own.header("x-content-type-options"), "nosniff");
        assert!(own.text.starts_with(begins), "{path}: {:?}", own.text);
        let anothers = Answer::of(get().bearer_auth(&bob.access)).await;
        assert_eq!(
            (anothers.status.as_u16(), anothers.code().as_str()),
            (404, "BOOKING_NOT_FOUND")
        );
        let anonymous = Answer::of(get()).await;
        assert_eq!(anonymous.code(), "UNAUTHENTICATED");
        let service = Answer::of(app.admin(Method::GET, &path)).await;
        assert_eq!(service.code(), "FORBIDDEN");
    }
    for path in [
        format!("/bookings/{id}"),
        format!("/bookings/{id}/x"),
        "/bookings/x.ics".to_owned(),
    ] {
        let nothing = app.request(Method::GET, &path).bearer_auth(&ana.access);
        assert_eq!(Answer::of(nothing).await.status, 404, "{path}");
    }
    let bad = format!("/bookings/{id}/qr.svg?code=secret");
    let bad = app.request(Method::GET, &bad).bearer_auth(&ana.access);
    let bad = Answer::of(bad).await;
    let refused = (bad.status.as_u16(), bad.code());
    assert_eq!(refused, (400, "INVALID_REQUEST".to_owned()));
    let calendar = app.request(Method::GET, &format!("/bookings/{id}.ics"));
    let calendar = Answer::of(calendar.bearer_auth(&ana.access)).await.text;
    assert!(
        calendar.contains("DTSTART:20260601T120000Z\r\n"),
        "{calendar}"
    );
    assert!(
        calendar.contains("LOCATION:Chez a Rivoli\\, 1 rue de Rivoli\\, 75004 Paris\r\n"),
        "{calendar}"
    );
}

#[tokio::test]
async fn pictures_are_counted_like_other_requests() {
    let app = TestApp::builder().rate_limits(2, 9).start().await;
    let get = || app.request(Method::GET, "/bookings/000000000000000000000000/qr.svg");
    for expected in ["UNAUTHENTICATED", "UNAUTHENTICATED", "RATE_LIMITED"] {
        let answer = Answer::of(get()).await;
        assert_eq!(answer.code(), expected);
        assert_ne!(answer.header("ratelimit"), "", "{:?}", answer.headers);
    }
}
