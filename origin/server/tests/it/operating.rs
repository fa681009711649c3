//! Operators help others: who may, what is recorded of it, and what they cannot do.

use std::num::NonZeroU32;

use access::rate::budgets::Budgets;
use domain::users::{
    account::{Post, Role},
    change::AccountChange,
};
use fake_providers::{Fake, Secrets};
use serde_json::{Value, json};
use yousoon::config::ProvidersConfig;

use crate::{
    accounts::person::{PASSWORD, Person, both, login, refresh, register, sign_up},
    app::{Answer, TestApp},
    booking::{booked, places, works_for},
    fixtures::store,
    identifying::administrator,
    paying::{self, priced},
};

const AUDIT: &str = "query A($t: String, $a: String, $n: Int, $c: String) {
    operatorAudit(target: $t, actor: $a, first: $n, after: $c) { pageInfo { hasNextPage endCursor }
        edges { node { number at actor deed target reason reference } } } }";
const LOOK: &str =
    "query L($e: String, $i: ID, $r: String!) { userForOperator(email: $e, id: $i, reason: $r) {
    user { id email isVerified phone bookings { id } } role status membership { role }
    favoriteCount consentCount sessions { id device isCurrent } } }";

async fn audit(app: &TestApp, who: &Person, variables: Value) -> Vec<Value> {
    let found = who.ask(app, AUDIT, variables).await.data();
    let edges = found["operatorAudit"]["edges"].as_array().unwrap().iter();
    edges.map(|edge| edge["node"].clone()).collect()
}

/// Deeds, targets and reasons, newest first.
fn deeds(entries: &[Value]) -> Vec<(String, String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let deed = |entry: &Value| {
        (
            text(&entry["deed"]),
            text(&entry["target"]),
            text(&entry["reason"]),
        )
    };
    entries.iter().map(deed).collect()
}

fn deed(what: &str, about: &str, reason: &str) -> (String, String, String) {
    (what.to_owned(), about.to_owned(), reason.to_owned())
}

#[tokio::test]
async fn an_account_is_found_by_its_exact_address_or_id_and_that_is_recorded() {
    let app = TestApp::start().await;
    let admin = administrator(&app).await;
    let ana = works_for(&app, "ana", "a", Post::Manager).await;
    let look = async |variables: Value| admin.ask(&app, LOOK, variables).await;
    for how in [
        json!({"e": " ANA@example.fr", "r": "ticket 1"}),
        json!({"i": ana.id, "r": "ticket 2"}),
    ] {
        let found = look(how).await.data()["userForOperator"].clone();
        assert_eq!(found["user"]["email"], "ana@example.fr");
        assert_eq!(
            (&found["role"], &found["status"]),
            (&json!("PARTNER"), &json!("ACTIVE"))
        );
        assert_eq!(found["membership"]["role"], "MANAGER");
        assert_eq!(found["sessions"][0]["isCurrent"], false);
    }
    // Nothing is browsed: not by a beginning, not by a pattern.
    for none in ["ana", "ana@example", "%@example.fr", "*", "anb@example.fr"] {
        let found = look(json!({"e": none, "r": "ticket 3"})).await.data();
        assert_eq!(found["userForOperator"], Value::Null, "{none}");
    }
    let about = format!("user {}", ana.id);
    let entries = audit(&app, &admin, json!({"t": about})).await;
    assert_eq!(
        deeds(&entries),
        [
            deed("READ_USER", &about, "ticket 2"),
            deed("READ_USER", &about, "ticket 1"),
        ]
    );
    assert_eq!(entries[0]["actor"], format!("user {}", admin.id));
    assert!(!entries[0]["reference"].as_str().unwrap().is_empty());
    // What was looked for in vain is recorded, without the address.
    let all = audit(&app, &admin, json!({"n": 100})).await;
    assert_eq!(all.len(), 7);
    assert_eq!(deeds(&all[..1]), [deed("READ_USER", "-", "ticket 3")]);
    assert!(!json!(all).to_string().contains('@'));
    // Bad input tells nothing and records nothing.
    for (bad, code) in [
        (json!({"r": "ticket"}), "BAD_USER_INPUT"),
        (
            json!({"e": "a@b.fr", "i": ana.id, "r": "ticket"}),
            "BAD_USER_INPUT",
        ),
        (json!({"e": "ana@example.fr", "r": " x "}), "BAD_USER_INPUT"),
        (
            json!({"e": "ana@example.fr", "r": "a".repeat(301)}),
            "BAD_USER_INPUT",
        ),
    ] {
        assert_eq!(look(bad).await.code(), code);
    }
    assert_eq!(audit(&app, &admin, json!({"n": 100})).await.len(), 7);
    // Pages.
    let page = admin.ask(&app, AUDIT, json!({"n": 5})).await.data();
    let page = &page["operatorAudit"]["pageInfo"];
    assert_eq!(page["hasNextPage"], true);
    let rest = audit(&app, &admin, json!({"n": 5, "c": page["endCursor"]})).await;
    assert_eq!(rest.len(), 2);
    assert_eq!(rest[1]["number"], 1);
}

/// Everything that is for administrators, asked by those who are none: nothing is done, nothing told.
#[tokio::test]
async fn who_is_no_administrator_helps_nobody() {
    let app = TestApp::start().await;
    let admin = administrator(&app).await;
    let (ana, owner) = (
        register(&app, "ana").await,
        works_for(&app, "own", "a", Post::Owner).await,
    );
    let id = &admin.id;
    for query in [
        format!("query Q {{ userForOperator(id: {id:?}, reason: \"ticket\") {{ role }} }}"),
        format!("query Q {{ exportUserData(id: {id:?}, reason: \"ticket\") {{ data }} }}"),
        format!("query Q {{ bookingForOperator(id: {id:?}, reason: \"ticket\") {{ id }} }}"),
        "query Q { operatorAudit { edges { cursor } } }".to_owned(),
        format!("mutation M {{ setUserRole(id: {id:?}, role: USER, reason: \"ticket\") }}"),
        format!("mutation M {{ endUserSessions(id: {id:?}, reason: \"ticket\") }}"),
        format!("mutation M {{ eraseUser(id: {id:?}, reason: \"ticket\") }}"),
        format!(
            "mutation M {{ cancelBookingFor(bookingId: {id:?}, reason: \"ticket\", refund: FULL) {{ id }} }}"
        ),
    ] {
        for who in [&ana, &owner] {
            let refused = who.ask(&app, &query, json!({})).await;
            assert_eq!(refused.code(), "FORBIDDEN", "{query}");
        }
        // Not a service either: a person answers for it.
        let service = Answer::of(app.post(&query, &json!({})).bearer_auth(crate::app::TOKEN)).await;
        assert_eq!(service.code(), "FORBIDDEN", "{query}");
    }
    assert!(admin.is_in(&app).await);
    assert_eq!(audit(&app, &admin, json!({})).await.len(), 0);
}

#[tokio::test]
async fn an_administrator_is_made_and_one_stays() {
    const SET: &str = "mutation S($i: ID!, $r: GivenRole!) { setUserRole(id: $i, role: $r, reason: \"ticket 1\") }";
    let app = TestApp::start().await;
    let admin = administrator(&app).await;
    let (ana, ben) = (register(&app, "ana").await, sign_up(&app, "ben").await);
    let set = async |by: &Person, id: &str, role: &str| {
        by.ask(&app, SET, json!({"i": id, "r": role})).await
    };
    // Nobody's own role, nobody who is not there, nobody whose address may be somebody else's.
    assert_eq!(
        set(&admin, &admin.id, "USER").await.code(),
        "USER_IS_YOURSELF"
    );
    assert_eq!(set(&admin, "x", "ADMIN").await.code(), "USER_NOT_FOUND");
    let nobody = "0123456789abcdef01234567";
    assert_eq!(set(&admin, nobody, "ADMIN").await.code(), "USER_NOT_FOUND");
    assert_eq!(
        set(&admin, &ben.id, "ADMIN").await.code(),
        "EMAIL_NOT_VERIFIED"
    );
    assert_eq!(audit(&app, &admin, json!({})).await.len(), 0);
    // Twice is once more.
    for _ in 0..2 {
        set(&admin, &ana.id, "ADMIN").await.data();
    }
    // The new one at once, with the session that there was.
    let taken = set(&ana, &admin.id, "USER").await.data();
    assert_eq!(taken["setUserRole"], true);
    let refused = admin.ask(&app, AUDIT, json!({})).await;
    assert_eq!(refused.code(), "FORBIDDEN");
    let about = format!("user {}", admin.id);
    let entries = audit(&app, &ana, json!({"t": about})).await;
    assert_eq!(deeds(&entries), [deed("SET_ROLE", &about, "ticket 1")]);
    // The last one is not suspended, by whoever it is.
    let suspend = format!(
        "mutation M {{ setUserStatus(id: {:?}, status: DISABLED) }}",
        ana.id
    );
    let refused = Answer::of(
        app.post(&suspend, &json!({}))
            .bearer_auth(crate::app::TOKEN),
    )
    .await;
    assert_eq!(refused.code(), "LAST_ADMINISTRATOR");
    assert!(ana.is_in(&app).await);
    // Somebody else is, with and without a reason, and that is recorded.
    for reason in ["", ", reason: \"spam\""] {
        let suspend = format!(
            "mutation M {{ setUserStatus(id: {:?}, status: DISABLED{reason}) }}",
            ben.id
        );
        ana.ask(&app, &suspend, json!({})).await.data();
    }
    let about = format!("user {}", ben.id);
    let entries = audit(&app, &ana, json!({"t": about})).await;
    assert_eq!(
        deeds(&entries),
        [
            deed("SET_STATUS", &about, "spam"),
            deed("SET_STATUS", &about, ""),
        ]
    );
}

/// A role that a team gives comes back.
#[tokio::test]
async fn an_administrator_who_works_for_a_partner_still_does_afterwards() {
    let app = TestApp::start().await;
    let admin = administrator(&app).await;
    let staff = works_for(&app, "staff", "a", Post::Staff).await;
    for (role, expected) in [("ADMIN", Role::Admin), ("USER", Role::Partner)] {
        let set = format!(
            "mutation M {{ setUserRole(id: {:?}, role: {role}, reason: \"ticket\") }}",
            staff.id
        );
        admin.ask(&app, &set, json!({})).await.data();
        let account = app.state.services.users.by_id(&staff.user_id()).await;
        let account = account.unwrap().unwrap();
        assert_eq!(
            (account.role, !account.memberships.is_empty()),
            (expected, true)
        );
    }
}

#[tokio::test]
async fn sessions_of_a_stolen_phone_end() {
    for (app, _redis) in both().await {
        let other = app.another().await;
        let admin = administrator(&app).await;
        let ana = register(&app, "ana").await;
        let second = login(&app, "ana@example.fr", PASSWORD).await;
        let second = Person::of(&second.data()["login"]);
        let end =
            |id: &str| format!("mutation M {{ endUserSessions(id: {id:?}, reason: \"stolen\") }}");
        let ended = admin.ask(&app, &end(&ana.id), json!({})).await.data();
        assert_eq!(ended["endUserSessions"], 2);
        for over in [&ana, &second] {
            assert!(!over.is_in(&app).await);
            assert_eq!(
                refresh(&other, &over.refresh).await.code(),
                "REFRESH_TOKEN_INVALID"
            );
        }
        let own = admin.ask(&app, &end(&admin.id), json!({})).await;
        assert_eq!(own.code(), "USER_IS_YOURSELF");
        let nobody = admin
            .ask(&app, &end("0123456789abcdef01234567"), json!({}))
            .await;
        assert_eq!(nobody.code(), "USER_NOT_FOUND");
        assert!(admin.is_in(&app).await);
        let entries = audit(&app, &admin, json!({})).await;
        assert_eq!(
            deeds(&entries),
            [deed("END_SESSIONS", &format!("user {}", ana.id), "stolen")]
        );
    }
}

#[tokio::test]
async fn somebody_is_exported_and_erased_at_their_request() {
    for (app, _redis) in both().await {
        let admin = administrator(&app).await;
        let ana = register(&app, "ana").await;
        let export = |id: &str| {
            format!(
                "query Q {{ exportUserData(id: {id:?}, reason: \"letter of 3 June\") {{ data next mediaType }} }}"
            )
        };
        let data = admin.ask(&app, &export(&ana.id), json!({})).await;
        assert_eq!(data.header("cache-control"), "private, no-store");
        let data = data.data()["exportUserData"]["data"].clone();
        let data: Value = serde_json::from_str(data.as_str().unwrap()).unwrap();
        // What she would get, and nothing of the operator.
        let own = ana
            .ask(&app, "query Q { exportMyData { data } }", json!({}))
            .await
            .data();
        let own: Value =
            serde_json::from_str(own["exportMyData"]["data"].as_str().unwrap()).unwrap();
        assert_eq!(data["account"], own["account"]);
        assert!(!data.to_string().contains(&admin.id));

        let erase = |id: &str| {
            format!("mutation M {{ eraseUser(id: {id:?}, reason: \"letter of 3 June\") }}")
        };
        let own = admin.ask(&app, &erase(&admin.id), json!({})).await;
        assert_eq!(own.code(), "USER_IS_YOURSELF");
        let erased = admin.ask(&app, &erase(&ana.id), json!({})).await.data();
        assert_eq!(erased["eraseUser"], true);
        assert!(!ana.is_in(&app).await);
        assert_eq!(
            refresh(&app, &ana.refresh).await.code(),
            "REFRESH_TOKEN_INVALID"
        );
        assert_eq!(
            login(&app, "ana@example.fr", PASSWORD).await.code(),
            "CREDENTIALS_INVALID"
        );
        for gone in [erase(&ana.id), export(&ana.id)] {
            assert_eq!(
                admin.ask(&app, &gone, json!({})).await.code(),
                "USER_NOT_FOUND"
            );
        }
        // The audit has the id, which leads to nobody, and no address or name.
        let about = format!("user {}", ana.id);
        let entries = audit(&app, &admin, json!({"t": about})).await;
        assert_eq!(
            deeds(&entries),
            [
                deed("ERASE_USER", &about, "letter of 3 June"),
                deed("EXPORT_USER", &about, "letter of 3 June"),
            ]
        );
        assert!(!json!(entries).to_string().contains("example.fr"));
    }
}

/// As by `deleteMyAccount`: nobody could hand the partner over any more.
#[tokio::test]
async fn the_only_owner_of_a_partner_is_not_erased() {
    let app = TestApp::start().await;
    let admin = administrator(&app).await;
    let owner = works_for(&app, "owner", "a", Post::Owner).await;
    let erase = format!(
        "mutation M {{ eraseUser(id: {:?}, reason: \"asked\") }}",
        owner.id
    );
    assert_eq!(
        admin.ask(&app, &erase, json!({})).await.code(),
        "LAST_OWNER"
    );
    assert!(owner.is_in(&app).await);
    assert_eq!(audit(&app, &admin, json!({})).await.len(), 0);
}

/// Not the codes, and not the guest's account: the audit would name the booking alone.
#[tokio::test]
async fn of_a_booking_an_administrator_reads_what_helping_takes() {
    let app = TestApp::start().await;
    store(&app, "a", vec![places("a", 0, 9)]).await;
    let admin = administrator(&app).await;
    let ana = register(&app, "ana").await;
    let booking = booked(&app, &ana, &places("a", 0, 9)).await;
    let booking = &booking["id"];
    let read = "id status shortCode user { firstName lastName email phone }";
    let look =
        format!("query Q {{ bookingForOperator(id: {booking}, reason: \"ill\") {{ {read} }} }}");
    let seen = admin.ask(&app, &look, json!({})).await.data();
    let guest =
        json!({"firstName": "Zoé", "lastName": "d'Été", "email": "ana@example.fr", "phone": null});
    assert_eq!(seen["bookingForOperator"]["user"], guest);
    for part in [
        "qrCode",
        "offlineCode",
        "user { preferences { language } }",
        "user { bookings { id } }",
        "user { favorites { id } }",
    ] {
        let look = format!(
            "query Q {{ bookingForOperator(id: {booking}, reason: \"ill\") {{ {part} }} }}"
        );
        let refused = admin.ask(&app, &look, json!({})).await;
        assert_eq!(refused.code(), "FORBIDDEN", "{part}: {}", refused.text);
    }
    for unopened in ["status", "qrCode"] {
        let look = format!("query Q {{ booking(id: {booking}) {{ {unopened} }} }}");
        let none = admin.ask(&app, &look, json!({})).await.data();
        assert_eq!(none["booking"], Value::Null, "{unopened}");
    }
}

#[tokio::test]
async fn support_cancels_a_booking_and_gives_back_what_it_says() {
    let fake = Fake::start(Secrets::default()).await.unwrap();
    let providers = ProvidersConfig {
        payments: Some(paying::config(&fake, &Secrets::default())),
        ..ProvidersConfig::default()
    };
    let app = TestApp::builder().providers(providers).start().await;
    let offers = [0, 1, 2].map(|number| priced(places("a", number, 9)));
    store(&app, "a", offers.to_vec()).await;
    paying::onboarded(&app, &fake, &offers[0].partner_id).await;
    let admin = administrator(&app).await;
    let ana = register(&app, "ana").await;
    let cancel = |id: &Value, refund: &str| {
        format!(
            "mutation M {{ cancelBookingFor(bookingId: {id}, reason: \"ill\", refund: {refund}) {{ id status }} }}"
        )
    };
    let mut ids = Vec::new();
    for (offer, refund) in offers.iter().zip(["FULL", "BY_RULE"]) {
        let booking = booked(&app, &ana, offer).await;
        let id = domain::BookingId::parse(booking["id"].as_str().unwrap()).unwrap();
        paying::paid(&app, &ana, &id).await;
        // It has begun: by rule nothing comes back, and only support cancels any more.
        let look = format!(
            "query Q {{ bookingForOperator(id: {}, reason: \"ill\") {{ id status user {{ firstName }} }} }}",
            booking["id"]
        );
        let seen = admin.ask(&app, &look, json!({})).await.data();
        assert_eq!(seen["bookingForOperator"]["status"], "CONFIRMED");
        for _ in 0..2 {
            let cancelled = admin
                .ask(&app, &cancel(&booking["id"], refund), json!({}))
                .await
                .data();
            assert_eq!(
                cancelled["cancelBookingFor"]["status"], "CANCELLED",
                "{refund}"
            );
        }
        let payments = &app.state.services.payment_store;
        let payment = payments
            .of_bookings(std::slice::from_ref(&id))
            .await
            .unwrap();
        let payment = &payment[&id];
        let refunds = payments
            .refunds_of(std::slice::from_ref(&payment.id))
            .await
            .unwrap();
        let refunds = refunds.get(&payment.id).map_or(0, Vec::len);
        assert_eq!(refunds, usize::from(refund == "FULL"), "{refund}");
        ids.push(id);
    }
    let about = format!("booking {}", ids[0]);
    let entries = audit(&app, &admin, json!({"t": about})).await;
    let kinds: Vec<_> = deeds(&entries).into_iter().map(|(what, ..)| what).collect();
    assert_eq!(kinds, ["CANCEL_BOOKING", "CANCEL_BOOKING", "READ_BOOKING"]);
    let nobodys = cancel(&json!("0123456789abcdef01234567"), "FULL");
    let refused = admin.ask(&app, &nobodys, json!({})).await;
    assert_eq!(refused.code(), "BOOKING_NOT_FOUND");
}

/// Whoever took an administrator's session reads so many, and no more.
#[tokio::test]
async fn an_administrator_reads_no_more_than_a_day_needs() {
    let few = |budgets: &mut Budgets| budgets.operate.most = NonZeroU32::MIN.saturating_add(1);
    let app = TestApp::builder()
        .rate_limits(1_000, 1_000)
        .budgets(few)
        .start()
        .await;
    let admin = administrator(&app).await;
    let look = async |id: &str| admin.ask(&app, LOOK, json!({"i": id, "r": "ticket"})).await;
    for _ in 0..2 {
        look(&admin.id).await.data();
    }
    assert_eq!(look(&admin.id).await.code(), "RATE_LIMITED");
    // Refused, and recorded by nobody.
    assert_eq!(audit(&app, &admin, json!({})).await.len(), 2);
}

#[tokio::test]
async fn news_are_recorded() {
    let app = TestApp::start().await;
    let admin = administrator(&app).await;
    let mutation = "mutation M { sendNews(input: {idempotencyKey: \"k\", fr: {title: \"a\", paragraphs: [\"b\"]},
        en: {title: \"a\", paragraphs: [\"b\"]}}) { id } }";
    let sent = admin.ask(&app, mutation, json!({})).await.data();
    let about = format!("campaign {}", sent["sendNews"]["id"].as_str().unwrap());
    let entries = audit(&app, &admin, json!({"t": about})).await;
    assert_eq!(deeds(&entries), [deed("SEND_NEWS", &about, "")]);
}

/// What is shown of somebody is cached, and what decides is not: a role that is taken counts at once.
#[tokio::test]
async fn rights_are_not_read_from_the_profile() {
    let app = TestApp::start().await;
    let admin = administrator(&app).await;
    let me = "query Q { me { id email } }";
    admin.ask(&app, me, json!({})).await.data();
    let role = AccountChange::Role(Role::User, None);
    let users = &app.state.services.users;
    users.change(&admin.user_id(), role, 0).await.unwrap();
    app.state.services.auth.standings.forget(&admin.user_id());
    admin.ask(&app, me, json!({})).await.data();
    assert_eq!(admin.ask(&app, AUDIT, json!({})).await.code(), "FORBIDDEN");
}
