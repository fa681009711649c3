//! B16. A refusal speaks the language of `Accept-Language`, else of the account, else French.

use serde_json::{Value, json};

use super::person::{Person, input, register, registering};
use crate::app::{Answer, TestApp};

const FRENCH_OFFER: &str = "cette offre n’existe pas";
const ENGLISH_OFFER: &str = "there is no such offer";

/// Requests that are refused, each with its French and its English message.
const REFUSED: &[(&str, &str, &str)] = &[
    (
        r#"mutation M { createBooking(offerId: "x") { id } }"#,
        FRENCH_OFFER,
        ENGLISH_OFFER,
    ),
    (
        r#"mutation M { addFavorite(offerId: "x") }"#,
        FRENCH_OFFER,
        ENGLISH_OFFER,
    ),
    (
        r#"mutation M { login(input: {email: "a@b.fr", password: "x"}) { expiresIn } }"#,
        "aucun compte n’a cette adresse e-mail et ce mot de passe",
        "no account has this e-mail address and password",
    ),
    (
        r#"mutation M { refreshToken(token: "x") { expiresIn } }"#,
        "la session est terminée : connectez-vous de nouveau",
        "the session is over: sign in again",
    ),
    (
        r#"mutation M { verifyEmail(token: "x") }"#,
        "ce code ou ce lien n’est pas valable, ou ne l’est plus : demandez-en un nouveau",
        "the code or link is not valid, or no longer: ask for a new one",
    ),
    (
        r#"mutation M { acceptInvitation(token: "x") { role } }"#,
        "cette invitation n’est pas valable, ou ne l’est plus : demandez-en une nouvelle",
        "the invitation is not valid, or no longer: ask for a new one",
    ),
    (
        "mutation M { leaveTeam }",
        "cette personne ne travaille pas pour le partenaire",
        "no user with this id works for the partner",
    ),
    (
        r#"mutation M { createPartner(input: {name: "Chez Ana", category: BAR}, idempotencyKey: "a b") { id } }"#,
        "`idempotencyKey` compte de 1 à 100 caractères ASCII, sans espace",
        "`idempotencyKey` has 1 to 100 ASCII characters and no space",
    ),
    (
        "query Q { offers(input: {first: 0}) { pageInfo { endCursor } } }",
        "`first` doit être compris entre 1 et 100",
        "`first` must be 1 to 100",
    ),
    (
        "mutation M { purge(input: {all: true, reason: \"x\"}) { revision } }",
        "ce compte ou ce jeton de service n’a pas accès à `purge`",
        "this user or service token may not use `purge`",
    ),
];

/// The message of the refusal that this person gets.
async fn message(app: &TestApp, who: Option<&Person>, query: &str, accept: Option<&str>) -> Value {
    let mut request = app.post(query, &json!({}));
    if let Some(person) = who {
        request = request.bearer_auth(&person.access);
    }
    if let Some(accept) = accept {
        request = request.header("accept-language", accept);
    }
    let refused = Answer::of(request).await;
    assert_eq!(refused.header("cache-control"), "no-store", "{query}");
    refused.json()["errors"][0]["message"].clone()
}

/// B16.
#[tokio::test]
async fn a_refusal_speaks_the_readers_language() {
    let app = TestApp::start().await;
    let ana = register(&app, "ana").await;
    // In this order: a document that is shared is answered to several readers.
    for (query, french, english) in REFUSED {
        for (accept, expected) in [
            (Some("en"), english),
            (Some("fr-CA, en;q=0.5"), french),
            (Some("en-GB"), english),
            (Some("de"), french),
            (None, french),
        ] {
            let said = message(&app, Some(&ana), query, accept).await;
            assert_eq!(said, **expected, "{query} {accept:?}");
        }
    }
    let prefer =
        "mutation M { updateProfile(input: {preferences: {language: ENGLISH, categories: [],
        newsByEmail: false, newsByPush: false, newsBySms: false}}) { id } }";
    ana.ask(&app, prefer, json!({})).await.data();
    for (query, french, english) in REFUSED {
        for (accept, expected) in [(None, english), (Some("de"), english), (Some("fr"), french)] {
            let said = message(&app, Some(&ana), query, accept).await;
            assert_eq!(said, **expected, "{query} {accept:?}");
        }
    }
}

/// B16.
#[tokio::test]
async fn whoever_has_to_sign_in_is_told_so_in_their_language() {
    let app = TestApp::start().await;
    let query = "query Q { me { id } }";
    for (accept, expected) in [
        (None, "`me` demande d’être connecté, ou un jeton de service"),
        (Some("en"), "`me` needs a signed-in user or a service token"),
    ] {
        assert_eq!(message(&app, None, query, accept).await, expected);
    }
    let stranger = Person {
        access: "strange".to_owned(),
        ..register(&app, "ana").await
    };
    let said = message(&app, Some(&stranger), query, None).await;
    let expected = "la session n’est pas valable, ou ne l’est plus : connectez-vous de nouveau";
    assert_eq!(said, expected);
}

/// B16.
#[tokio::test]
async fn one_answer_names_every_broken_field() {
    let app = TestApp::start().await;
    let mut input = input("ana");
    for (field, value) in [
        ("email", json!("a@")),
        ("firstName", json!("")),
        ("phone", json!("12")),
        (
            "consents",
            json!([{"purpose": "TERMS", "version": "1", "granted": true},
                {"purpose": "TERMS", "version": "", "granted": true}]),
        ),
    ] {
        input[field] = value;
    }
    let refused = Answer::of(registering(&app, &input).header("accept-language", "en")).await;
    let error = refused.json()["errors"][0].clone();
    let fields: Vec<(&str, &str)> = error["extensions"]["fields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|field| {
            (
                field["field"].as_str().unwrap(),
                field["rule"].as_str().unwrap(),
            )
        })
        .collect();
    let expected = [
        ("email", "EMAIL"),
        ("firstName", "NAME_LENGTH"),
        ("phone", "PHONE_E164"),
        ("consents[1].version", "VERSION"),
    ];
    assert_eq!(fields, expected);
    assert_eq!(error["extensions"]["field"], "email");
    let message = error["message"].as_str().unwrap();
    assert!(
        message.starts_with("`email` is not an e-mail address; `firstName` has 1 to 50"),
        "{message}"
    );
}
