use serde_json::json;

use super::person::{Person, both, refresh, register};

#[tokio::test]
async fn a_refresh_token_is_for_one_use_and_its_reuse_ends_the_session() {
    for (app, _redis) in both().await {
        let ana = register(&app, "ana").await;
        let other = super::person::login(&app, "ana@example.fr", super::person::PASSWORD).await;
        let other = Person::of(&other.data()["login"]);
        let second = Person::of(&refresh(&app, &ana.refresh).await.data()["refreshToken"]);
        assert!(second.is_in(&app).await);
        assert_ne!(second.refresh, ana.refresh);
        let third = Person::of(&refresh(&app, &second.refresh).await.data()["refreshToken"]);
        // A thief's, or the owner's after a thief's: nobody goes on.
        for used in [&ana.refresh, &second.refresh, &third.refresh] {
            let refused = refresh(&app, used).await;
            assert_eq!(refused.status.as_u16(), 200);
            assert_eq!(refused.code(), "REFRESH_TOKEN_INVALID");
        }
        refresh(&app, &other.refresh).await.data();
        for nonsense in ["", "x", &"A".repeat(64), &ana.access] {
            assert_eq!(
                refresh(&app, nonsense).await.code(),
                "REFRESH_TOKEN_INVALID"
            );
        }
    }
}

#[tokio::test]
async fn a_session_that_logged_out_cannot_refresh() {
    for (app, _redis) in both().await {
        let ana = register(&app, "ana").await;
        let out = ana.ask(&app, "mutation M { logout }", json!({})).await;
        assert_eq!(out.data()["logout"], true);
        assert_eq!(
            refresh(&app, &ana.refresh).await.code(),
            "REFRESH_TOKEN_INVALID"
        );
    }
}

#[tokio::test]
async fn sessions_are_listed_and_ended_by_their_user_alone() {
    const LIST: &str = "query Q { mySessions { id device isCurrent } }";
    const END: &str = "mutation E($id: ID!) { endSession(id: $id) }";
    for (app, _redis) in both().await {
        let (ana, ben) = (register(&app, "ana").await, register(&app, "ben").await);
        let phone = super::person::login(&app, "ana@example.fr", super::person::PASSWORD).await;
        let phone = Person::of(&phone.data()["login"]);
        let listed = ana.ask(&app, LIST, json!({})).await.data()["mySessions"].clone();
        let all = listed.as_array().unwrap();
        assert_eq!(all.len(), 2, "{listed}");
        let current: Vec<_> = all.iter().filter(|one| one["isCurrent"] == true).collect();
        assert_eq!(current.len(), 1);
        let other = all.iter().find(|one| one["isCurrent"] == false).unwrap()["id"].clone();
        let by_ben = ben.ask(&app, END, json!({"id": other})).await;
        assert_eq!(by_ben.data()["endSession"], false);
        let by_ana = ana.ask(&app, END, json!({"id": other})).await;
        assert_eq!(by_ana.data()["endSession"], true);
        assert_eq!(
            refresh(&app, &phone.refresh).await.code(),
            "REFRESH_TOKEN_INVALID"
        );
        super::person::login(&app, "ana@example.fr", super::person::PASSWORD)
            .await
            .data();
        let ended = ana
            .ask(&app, "mutation M { endOtherSessions }", json!({}))
            .await;
        assert_eq!(ended.data()["endOtherSessions"], 1);
        refresh(&app, &ana.refresh).await.data();
        refresh(&app, &ben.refresh).await.data();
    }
}

/// C7. An answer that was lost, and two tabs at once, on one origin and two.
#[tokio::test]
async fn a_refresh_token_that_is_sent_again_soon_gets_the_same_next_one() {
    for (app, _redis) in both().await {
        let other = app.another().await;
        let ana = register(&app, "ana").await;
        let (one, two) = tokio::join!(refresh(&app, &ana.refresh), refresh(&other, &ana.refresh));
        app.pass_ms(29_000);
        let late = refresh(&other, &ana.refresh).await;
        let [one, two, late] =
            [one, two, late].map(|answer| Person::of(&answer.data()["refreshToken"]));
        for tab in [&two, &late] {
            assert_eq!(tab.refresh, one.refresh);
            assert!(tab.is_in(&app).await && tab.is_in(&other).await);
        }
        let sessions = one
            .ask(&app, "query Q { mySessions { id } }", json!({}))
            .await;
        assert_eq!(sessions.data()["mySessions"].as_array().unwrap().len(), 1);
        refresh(&app, &late.refresh).await.data();
        // Now it is no lost answer any more, and the whole session ends.
        app.pass_ms(30_000);
        let reused = refresh(&other, &late.refresh).await;
        assert_eq!(reused.code(), "REFRESH_TOKEN_INVALID");
        assert!(!late.is_in(&other).await);
    }
}
