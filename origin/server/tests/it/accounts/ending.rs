//! Rows E1 and F4: a session ends when it ends, and its access tokens with it.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::person::{PASSWORD, Person, both, login, refresh, register};
use crate::app::{Answer, TestApp};

const NEW_PASSWORD: &str = "battery staple";
/// How long an access token may outlive its session, on any origin; and some room for a busy
/// machine.
const BOUND: Duration = Duration::from_millis(2_500);

async fn change_password(app: &TestApp, who: &Person, from: &str, to: &str) -> Answer {
    let change = "mutation C($i: ChangePasswordInput!) { changePassword(input: $i)
        { accessToken refreshToken expiresIn user { id } } }";
    let input = json!({"i": {"currentPassword": from, "newPassword": to}});
    who.ask(app, change, input).await
}

/// Waits until an access token is refused, and says how long that took.
async fn until_out(app: &TestApp, who: &Person) -> Duration {
    let began = Instant::now();
    while who.is_in(app).await {
        assert!(began.elapsed() < BOUND, "the token outlives its session");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    began.elapsed()
}

/// E1. Whatever the old password or a token of it got while the password changed is worth nothing
/// afterwards.
#[tokio::test]
async fn who_signs_in_or_refreshes_while_the_password_changes_is_out_afterwards() {
    const ROUNDS: usize = 10;
    for (app, _redis) in both().await {
        let other = app.another().await;
        let mut valid_afterwards = 0;
        for round in 0..ROUNDS {
            let name = format!("ana{round}");
            let email = format!("{name}@example.fr");
            let ana = register(&app, &name).await;
            let second = login(&app, &email, PASSWORD).await;
            let second = Person::of(&second.data()["login"]);
            let logins = join_all((0..8).map(|number| {
                let app = if number % 2 == 0 { &app } else { &other };
                login(app, &email, PASSWORD)
            }));
            let (changed, logins, refreshed) = tokio::join!(
                change_password(&app, &ana, PASSWORD, NEW_PASSWORD),
                logins,
                refresh(&other, &second.refresh),
            );
            let now = Person::of(&changed.data()["changePassword"]);
            let old = logins.iter().map(|answer| ("login", answer));
            for (field, answer) in old.chain([("refreshToken", &refreshed)]) {
                if !answer.code().is_empty() {
                    continue;
                }
                let old = Person::of(&answer.data()[field]);
                until_out(&app, &old).await;
                until_out(&other, &old).await;
                let again = refresh(&other, &old.refresh).await;
                valid_afterwards += usize::from(again.code().is_empty());
            }
            assert!(now.is_in(&app).await);
            refresh(&app, &now.refresh).await.data();
        }
        assert_eq!(valid_afterwards, 0, "in {ROUNDS} rounds");
    }
}

/// E1. Of two who change the same password at once the second had proved an older one.
#[tokio::test]
async fn a_password_is_changed_once_by_those_who_knew_the_old_one() {
    let app = TestApp::start().await;
    for round in 0..10 {
        let name = format!("ana{round}");
        let ana = register(&app, &name).await;
        let (one, two) = tokio::join!(
            change_password(&app, &ana, PASSWORD, NEW_PASSWORD),
            change_password(&app, &ana, PASSWORD, "another staple"),
        );
        let changed = [&one, &two].map(|answer| answer.code().is_empty());
        assert_eq!(changed.iter().filter(|is| **is).count(), 1, "{changed:?}");
        let wins = if changed[0] {
            NEW_PASSWORD
        } else {
            "another staple"
        };
        login(&app, &format!("{name}@example.fr"), wins)
            .await
            .data();
    }
}

/// F4. Each way to end a session ends its access token: at once where it was ended, and within two
/// seconds at another origin.
#[tokio::test]
async fn an_access_token_ends_with_its_session() {
    for (app, _redis) in both().await {
        let other = app.another().await;
        let sessions = "query Q { mySessions { id isCurrent } }";
        for (name, query) in [
            ("ana", "mutation M { logout }".to_owned()),
            ("ben", "mutation M { endSession(id: SESSION) }".to_owned()),
            ("cho", "mutation M { endOtherSessions }".to_owned()),
            (
                "dora",
                format!("mutation M {{ deleteMyAccount(password: {PASSWORD:?}) }}"),
            ),
        ] {
            let who = register(&app, name).await;
            let second = login(&app, &format!("{name}@example.fr"), PASSWORD).await;
            let second = Person::of(&second.data()["login"]);
            assert!(second.is_in(&app).await && second.is_in(&other).await);
            let listed = second.ask(&app, sessions, json!({})).await.data()["mySessions"].clone();
            let current = listed.as_array().unwrap().iter();
            let current: Vec<&Value> = current.filter(|one| one["isCurrent"] == true).collect();
            let query = query.replace("SESSION", &current[0]["id"].to_string());
            let by = if name == "ana" { &second } else { &who };
            by.ask(&app, &query, json!({})).await.data();
            assert!(!second.is_in(&app).await, "{query}");
            until_out(&other, &second).await;
            let stays = name != "dora";
            assert_eq!(who.is_in(&app).await, stays, "{query}");
        }
    }
}

/// F4. A user who comes back after a quarter of an hour can sign out as well, and so can a client that
/// heard no answer the first time.
#[tokio::test]
async fn logout_takes_a_token_that_has_expired_or_whose_session_has_ended() {
    const LOGOUT: &str = "mutation M { logout }";
    for (app, _redis) in both().await {
        let ana = register(&app, "ana").await;
        app.pass_ms(20 * 60_000);
        let me = ana.ask(&app, "query Q { me { id } }", json!({})).await;
        assert_eq!(me.code(), "TOKEN_EXPIRED");
        for _ in 0..2 {
            let out = ana.ask(&app, LOGOUT, json!({})).await;
            assert_eq!(out.data()["logout"], true);
            let again = refresh(&app, &ana.refresh).await;
            assert_eq!(again.code(), "REFRESH_TOKEN_INVALID");
        }
        let ben = register(&app, "ben").await;
        ben.ask(&app, LOGOUT, json!({})).await.data();
        ben.ask(&app, LOGOUT, json!({})).await.data();
        // A token that this system did not sign ends nothing.
        let (message, _) = ben.access.rsplit_once('.').unwrap();
        for (token, code) in [
            (None, "UNAUTHENTICATED"),
            (Some(format!("{message}.AAAA")), "TOKEN_INVALID"),
        ] {
            let mut request = app.post(LOGOUT, &json!({}));
            if let Some(token) = token {
                request = request.bearer_auth(token);
            }
            assert_eq!(Answer::of(request).await.code(), code);
        }
    }
}

/// A user whose access token is long gone, and one who never had one here.
#[tokio::test]
async fn logout_takes_a_refresh_token_without_an_access_token() {
    const LOGOUT: &str = "mutation M($t: String) { logout(refreshToken: $t) }";
    for (app, _redis) in both().await {
        let other = app.another().await;
        let ana = register(&app, "ana").await;
        let second = login(&app, "ana@example.fr", PASSWORD).await;
        let second = Person::of(&second.data()["login"]);
        assert!(ana.is_in(&app).await && ana.is_in(&other).await);
        // Twice, for a client that heard no answer; the session of the access token ends at once here.
        for _ in 0..2 {
            let out = app.ask(LOGOUT, json!({"t": ana.refresh})).await;
            assert_eq!(out.data()["logout"], true);
            assert!(!ana.is_in(&app).await);
            let again = refresh(&other, &ana.refresh).await;
            assert_eq!(again.code(), "REFRESH_TOKEN_INVALID");
        }
        until_out(&other, &ana).await;
        assert!(second.is_in(&app).await, "the other session goes on");
        // A token that was used before ends the session as its reuse would.
        let next = Person::of(&refresh(&app, &second.refresh).await.data()["refreshToken"]);
        app.ask(LOGOUT, json!({"t": second.refresh})).await.data();
        assert!(!next.is_in(&app).await);
        // Nobody ends somebody's session with what is no token of it, whether it has one of its own or
        // not: also not with its id, which its user sees and an access token names.
        let ben = register(&app, "ben").await;
        let sessions = "query Q { mySessions { id } }";
        let id = ben.ask(&app, sessions, json!({})).await.data()["mySessions"][0]["id"].clone();
        for nonsense in [json!(""), json!("x"), id, json!(ben.access)] {
            let refused = app.ask(LOGOUT, json!({"t": nonsense})).await;
            assert_eq!(refused.code(), "REFRESH_TOKEN_INVALID", "{nonsense}");
        }
        let strange = access::sessions::RefreshToken::first().expose();
        app.ask(LOGOUT, json!({"t": strange})).await.data();
        assert!(ben.is_in(&app).await);
        let absent = app.ask(LOGOUT, json!({})).await;
        assert_eq!(absent.code(), "UNAUTHENTICATED");
        // With both, both end.
        let third = login(&app, "ben@example.fr", PASSWORD).await;
        let third = Person::of(&third.data()["login"]);
        third
            .ask(&app, LOGOUT, json!({"t": ben.refresh}))
            .await
            .data();
        assert!(!ben.is_in(&app).await && !third.is_in(&app).await);
    }
}

/// E7, F2. A sign-in while the account is erased leaves no session behind, on whichever origin.
#[tokio::test]
async fn who_signs_in_while_the_account_is_erased_leaves_nothing() {
    const ROUNDS: usize = 10;
    for (app, _redis) in both().await {
        let other = app.another().await;
        for round in 0..ROUNDS {
            let name = format!("ana{round}");
            let email = format!("{name}@example.fr");
            let ana = register(&app, &name).await;
            let logins = join_all((0..8).map(|number| {
                let app = if number % 2 == 0 { &app } else { &other };
                login(app, &email, PASSWORD)
            }));
            let erase = "mutation D($p: String!) { deleteMyAccount(password: $p) }";
            let erase = ana.ask(&app, erase, json!({"p": PASSWORD}));
            let (_logins, refreshed, erased) =
                tokio::join!(logins, refresh(&other, &ana.refresh), erase);
            drop(refreshed);
            assert_eq!(erased.data()["deleteMyAccount"], true);
            let sessions = &app.state.services.auth.sessions;
            let left = sessions.of_user(&ana.user_id(), 0).await.unwrap();
            assert_eq!(left, [], "round {round}");
        }
    }
}
