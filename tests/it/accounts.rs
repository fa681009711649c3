//! Accounts, used through the edge: private answers pass it and are stored nowhere.

use e2e::{Answer, Ask, Stack};
use serde_json::{Value, json};

use crate::people::{
    GRAPHQL_RESPONSE, PASSWORD, Person, anonymous, answer, credentials, data, email, register,
    registration,
};
use crate::{PARIS, ids, near, stack, warm};

async fn sign_up(stack: &Stack, name: &str) -> Person {
    let ask = stack.ask("Register", registration(name));
    register(&stack.client, &stack.edge_url, &ask).await
}

async fn refresh(stack: &Stack, token: &str) -> Answer {
    let ask = stack.ask("RefreshToken", json!({"token": token}));
    answer(anonymous(&stack.client, &stack.edge_url, &ask)).await
}

/// Checks that the edge forwarded the answer, and that neither edge nor client may store it.
fn assert_kept_nowhere(answer: &Answer) {
    let status = answer.cache_status();
    assert_eq!(status, "yousoon-edge; fwd=bypass", "{answer:?}");
    let policy = answer.header("cache-control");
    assert!(policy.contains("no-store"), "{policy}");
    for internal in ["cache-tag", "yousoon-as-of"] {
        assert_eq!(answer.header(internal), "", "{internal} is for the edge");
    }
}

#[tokio::test]
async fn somebody_registers_signs_in_reads_refreshes_and_logs_out_through_the_edge() {
    let stack = stack().await;
    let (client, edge) = (&stack.client, stack.edge_url.as_str());
    let ana = sign_up(&stack, "ana").await;
    let login = stack.ask("Login", credentials("ANA", PASSWORD));
    let signed_in = answer(anonymous(client, edge, &login)).await;
    assert_kept_nowhere(&signed_in);
    let phone = Person::of(&data(&signed_in)["login"]);
    assert_eq!(phone.id, ana.id);
    assert_ne!(phone.refresh, ana.refresh);

    let me = stack.ask("Me", json!({}));
    for person in [&ana, &phone] {
        let seen = me.post(client, edge, &person.access).await.unwrap();
        assert_kept_nowhere(&seen);
        assert_eq!(data(&seen)["me"]["email"], email("ana"));
    }
    let sessions = stack.ask("MySessions", json!({}));
    let listed = sessions.post(client, edge, &phone.access).await.unwrap();
    assert_eq!(data(&listed)["mySessions"].as_array().unwrap().len(), 2);

    let next = refresh(&stack, &phone.refresh).await;
    assert_kept_nowhere(&next);
    let next = Person::of(&data(&next)["refreshToken"]);
    let logout = stack.ask("Logout", json!({}));
    let out = logout.post(client, edge, &next.access).await.unwrap();
    assert_eq!(data(&out)["logout"], true);
    let refused = refresh(&stack, &next.refresh).await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (200, "REFRESH_TOKEN_INVALID")
    );
    // The other session is still valid.
    data(&refresh(&stack, &ana.refresh).await);
}

#[tokio::test]
async fn a_private_answer_is_asked_for_each_time_and_never_stored() {
    let mut stack = stack().await;
    let (ana, ben) = (sign_up(&stack, "ana").await, sign_up(&stack, "ben").await);
    let me = stack.ask("Me", json!({}));
    for round in 0..2 {
        let before = stack.to_origin.reads();
        for person in [&ana, &ben, &ana, &ben] {
            // By GET too, because the URL is the same for all users.
            let url = format!("{}/graphql/{}", stack.edge_url, me.id);
            let got = stack.client.get(url).bearer_auth(&person.access);
            let got = answer(got).await;
            let posted = me.post(&stack.client, &stack.edge_url, &person.access);
            for seen in [got, posted.await.unwrap()] {
                assert_kept_nowhere(&seen);
                assert_eq!(data(&seen)["me"]["id"], person.id.as_str());
            }
        }
        assert_eq!(stack.to_origin.reads(), before + 8, "round {round}");
        // A new isolate would find in KV whatever the edge had stored.
        stack.restart_edge().await.unwrap();
    }
    let url = format!("{}/graphql/{}", stack.edge_url, me.id);
    let nobody = answer(stack.client.get(url).header("accept", GRAPHQL_RESPONSE)).await;
    assert_eq!(
        (nobody.status, nobody.code().as_str()),
        (401, "UNAUTHENTICATED")
    );
}

/// The fields of an offer that depend on the user are read by a document of their own. The answer to
/// the other document is shared by all users.
#[tokio::test]
async fn a_favourite_is_seen_by_its_user_at_once_and_the_shared_offer_stays_a_hit() {
    let stack = stack().await;
    let (client, edge) = (&stack.client, stack.edge_url.as_str());
    let (ana, ben) = (sign_up(&stack, "ana").await, sign_up(&stack, "ben").await);
    let offer = ids(&warm(&stack, &near(&stack, PARIS)).await.json()).remove(0);
    let detail = stack.ask("OfferDetail", json!({"id": offer}));
    let shared = warm(&stack, &detail).await.text;
    let add = stack.ask("AddFavorite", json!({"offerId": offer}));
    let added = add.post(client, edge, &ana.access).await.unwrap();
    assert_eq!(data(&added)["addFavorite"], true);
    let own = stack.ask("OfferIsFavorite", json!({"id": offer}));
    for (person, expected) in [(&ana, true), (&ben, false)] {
        let seen = own.post(client, edge, &person.access).await.unwrap();
        assert_kept_nowhere(&seen);
        assert_eq!(data(&seen)["offer"]["isFavorite"], expected);
        let seen = detail.post(client, edge, &person.access).await.unwrap();
        assert!(seen.is_hit(), "{}", seen.cache_status());
        assert_eq!(seen.text, shared);
    }
}

#[tokio::test]
async fn a_mutations_revision_passes_the_edge_and_what_comes_after_it_has_seen_it() {
    let stack = stack().await;
    let (client, edge) = (&stack.client, stack.edge_url.as_str());
    let list = near(&stack, PARIS);
    warm(&stack, &list).await;
    let input = json!({"input": {"all": true, "reason": "a test"}});
    let purge = stack.ask("Purge", input);
    let done = purge.post(client, edge, stack.token()).await.unwrap();
    assert_kept_nowhere(&done);
    data(&done);
    let revision = done.header("yousoon-revision").to_owned();
    assert!(revision.parse::<u64>().is_ok(), "{revision:?}");
    // At once, without waiting for the purge feed, the client that wrote sees its write.
    let request = client
        .get(format!("{edge}/graphql/{}", list.id))
        .query(&[("variables", list.variables.to_string())])
        .header("yousoon-min-revision", &revision);
    let seen = answer(request).await;
    assert!(!seen.is_hit(), "{}", seen.cache_status());
    // A user who is not an operator must not purge, and gets no revision.
    let ana = sign_up(&stack, "ana").await;
    let refused = purge.post(client, edge, &ana.access).await.unwrap();
    assert_eq!(refused.code(), "FORBIDDEN");
    assert_eq!(refused.header("yousoon-revision"), "");
}

#[tokio::test]
async fn the_keys_are_published_by_the_origin_and_forwarded_by_the_edge() {
    let stack = stack().await;
    let at = |base: &str| {
        stack
            .client
            .get(format!("{base}/.well-known/jwks.json"))
            .send()
    };
    let keys = Answer::read(at(&stack.origin_url).await.unwrap())
        .await
        .unwrap();
    assert_eq!(keys.status, 200);
    assert_eq!(keys.header("cache-control"), "public, max-age=300");
    let key = &keys.json()["keys"][0];
    assert_eq!(
        (&key["kty"], &key["crv"], &key["alg"]),
        (&json!("OKP"), &json!("Ed25519"), &json!("EdDSA"))
    );
    assert!(key["d"].is_null(), "the private part");
    // A user's access token was signed with this key.
    let ana = sign_up(&stack, "ana").await;
    let header = ana.access.split('.').next().unwrap();
    let header = base64::Engine::decode(
        &base64::engine::general_purpose::URL_SAFE_NO_PAD,
        header.as_bytes(),
    );
    let header: Value = serde_json::from_slice(&header.unwrap()).unwrap();
    assert_eq!(header["kid"], key["kid"]);
    let forwarded = Answer::read(at(&stack.edge_url).await.unwrap())
        .await
        .unwrap();
    assert_eq!(forwarded.text, keys.text);
    assert_eq!(forwarded.header("cache-control"), "public, max-age=300");
}

/// Document, variables, code, status as graphql-response+json, status as JSON.
type Refused = (&'static str, Value, &'static str, u16, u16);

#[tokio::test]
async fn what_is_not_executed_has_the_status_of_its_code_and_what_is_executed_200() {
    let stack = stack().await;
    sign_up(&stack, "ana").await;
    let wrong = credentials("ana", "wrong horse");
    let taken = registration("ana");
    let mut short = registration("ben");
    short["input"]["password"] = json!("1234567");
    let table: [Refused; 8] = [
        ("Me", json!({}), "UNAUTHENTICATED", 401, 401),
        ("MySessions", json!({}), "UNAUTHENTICATED", 401, 401),
        // It may come with a refresh token instead, so it is executed.
        ("Logout", json!({}), "UNAUTHENTICATED", 200, 200),
        (
            "AddFavorite",
            json!({"offerId": "0123456789abcdef01234567"}),
            "UNAUTHENTICATED",
            401,
            401,
        ),
        ("Login", wrong, "CREDENTIALS_INVALID", 200, 200),
        (
            "RefreshToken",
            json!({"token": "x"}),
            "REFRESH_TOKEN_INVALID",
            200,
            200,
        ),
        ("Register", taken, "EMAIL_TAKEN", 200, 200),
        ("Register", short, "BAD_USER_INPUT", 200, 200),
    ];
    for base in [&stack.edge_url, &stack.origin_url] {
        for (document, variables, code, status, json_status) in &table {
            let ask: Ask = stack.ask(document, variables.clone());
            for (accept, status) in [
                (GRAPHQL_RESPONSE, status),
                ("application/json", json_status),
            ] {
                let body = json!({"documentId": ask.id, "variables": ask.variables});
                let request = stack.client.post(format!("{base}/graphql"));
                let refused = answer(request.header("accept", accept).json(&body)).await;
                let said = (refused.status, refused.code());
                let what = format!("{document} {accept} at {base}: {}", refused.text);
                assert_eq!(said, (*status, (*code).to_owned()), "{what}");
                assert!(
                    refused.header("cache-control").contains("no-store"),
                    "{what}"
                );
            }
        }
    }
}

/// A token of another server is `TOKEN_INVALID`, unlike an expired one: so clients know when to
/// refresh.
#[tokio::test]
async fn a_token_of_another_server_is_refused_and_what_is_public_goes_on() {
    let mut stack = stack().await;
    let ana = sign_up(&stack, "ana").await;
    // Without a configured key the new process has another one, as another server would.
    stack.stop_origin().await.unwrap();
    stack.start_origin().await.unwrap();
    let (client, edge) = (&stack.client, stack.edge_url.as_str());
    let me = stack.ask("Me", json!({}));
    let refused = me.post(client, edge, &ana.access).await.unwrap();
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (401, "TOKEN_INVALID")
    );
    let list = near(&stack, PARIS);
    let seen = list.post(client, edge, &ana.access).await.unwrap();
    data(&seen);
    assert_eq!(ids(&seen.json()).len(), 3);
}
