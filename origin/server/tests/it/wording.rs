//! Administrators change what messages say.

use domain::purges::AuditFilter;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    accounts::{
        person::{Person, register, sign_up},
        portal::administrator,
    },
    app::TestApp,
};

const READ: &str = "query T($k: NotificationKind!) { templates(kind: $k) {
    kind language part source original isOriginal version changedAt variables problems } }";
const PUT: &str = "mutation P($i: PutTemplateInput!) { putTemplate(input: $i) {
    source isOriginal version preview problems } }";

fn subject(source: Option<&str>, expected_version: i32) -> Value {
    json!({"i": {"kind": "VERIFY_EMAIL", "language": "FRENCH", "part": "SUBJECT",
        "source": source, "expectedVersion": expected_version}})
}

async fn read(app: &TestApp, admin: &Person, part: &str) -> Value {
    let all = admin.ask(app, READ, json!({"k": "VERIFY_EMAIL"})).await;
    let all = all.data()["templates"].as_array().unwrap().clone();
    let mut of_part = all
        .into_iter()
        .filter(|one| one["part"] == part && one["language"] == "FRENCH");
    of_part.next().unwrap()
}

#[tokio::test]
async fn a_text_is_changed_used_and_the_programs_again() {
    let app = TestApp::start().await;
    let other = app.another().await;
    let admin = administrator(&app, "admin").await;
    let before = read(&app, &admin, "SUBJECT").await;
    assert_eq!(
        (&before["version"], &before["isOriginal"]),
        (&json!(0), &json!(true))
    );
    assert_eq!(before["source"], before["original"]);
    assert!(
        before["variables"]
            .as_array()
            .unwrap()
            .contains(&json!("first_name"))
    );

    // Tried first: nothing is stored.
    let mut tried = subject(Some("Bienvenue {{ first_name }}"), 0);
    tried["i"]["dryRun"] = true.into();
    let tried = admin.ask(&app, PUT, tried).await.data();
    let preview = tried["putTemplate"]["preview"][0].as_str().unwrap();
    assert!(preview.starts_with("Bienvenue "), "{preview}");
    assert_eq!(read(&app, &admin, "SUBJECT").await, before);

    let put = subject(Some("Bienvenue {{ first_name }}"), 0);
    let done = admin.ask(&app, PUT, put).await.data();
    assert_eq!(done["putTemplate"]["version"], 1);
    assert_eq!(done["putTemplate"]["isOriginal"], false);
    let late = admin.ask(&app, PUT, subject(Some("Autre"), 0)).await;
    assert_eq!(late.code(), "VERSION_CONFLICT", "{}", late.text);

    // At once here, and within a minute on every other server.
    sign_up(&app, "zoe").await;
    assert_eq!(app.sent().await[0].subject, "Bienvenue Zoé");
    api::notifications::templates::follow(
        &*other.state.services.stored_templates,
        &other.state.services.templates,
    )
    .await
    .unwrap();
    sign_up(&other, "ben").await;
    assert_eq!(other.sent().await[0].subject, "Bienvenue Zoé");

    let own = admin.ask(&app, PUT, subject(None, 1)).await.data();
    assert_eq!(own["putTemplate"]["version"], 2);
    assert_eq!(own["putTemplate"]["source"], before["original"]);
    sign_up(&app, "cho").await;
    assert_ne!(app.sent().await[0].subject, "Bienvenue Zoé");

    // Who changed what is in the audit.
    let audit = app
        .state
        .services
        .purges
        .audit(None, 10, AuditFilter::default())
        .await;
    let audit: Vec<(String, String)> = audit
        .unwrap()
        .into_iter()
        // Not what dropped the administrator's profile from the caches.
        .filter(|row| row.actor != "account")
        .map(|row| (row.actor, row.reason))
        .collect();
    let actor = format!("user {}", admin.id);
    let expected = [
        "template verify_email fr subject, version 2: the program's again",
        "template verify_email fr subject, version 1: changed",
    ];
    assert_eq!(
        audit,
        expected.map(|reason| (actor.clone(), reason.to_owned()))
    );
}

#[tokio::test]
async fn a_broken_text_is_refused_with_what_is_wrong_and_the_others_stay() {
    let app = TestApp::start().await;
    let admin = administrator(&app, "admin").await;
    for (part, source, said) in [
        ("SUBJECT", "{{ nobody }}", "nobody"),
        ("SUBJECT", "{% include 'x' %}", "include"),
        ("SUBJECT", "{{ first_name", "{{"),
        ("SUBJECT", "", "vide"),
        // Without the link nobody verifies anything.
        ("TEXT", "Bonjour", "link"),
        ("HTML", "<script>x</script>", "script"),
        ("SMS", "Bonjour", "partie"),
    ] {
        let put = json!({"i": {"kind": "VERIFY_EMAIL", "language": "FRENCH", "part": part,
            "source": source, "expectedVersion": 0}});
        let refused = admin.ask(&app, PUT, put).await;
        assert_eq!(
            refused.code(),
            "TEMPLATE_INVALID",
            "{source}: {}",
            refused.text
        );
        let message = refused.json()["errors"][0]["message"].clone();
        assert!(
            message.as_str().unwrap().contains(said),
            "{source}: {message}"
        );
    }
    let none = json!({"i": {"kind": "PHONE_CODE", "language": "FRENCH", "part": "HTML",
        "source": null, "expectedVersion": 0}});
    assert_eq!(admin.ask(&app, PUT, none).await.code(), "TEMPLATE_INVALID");
    assert_eq!(read(&app, &admin, "SUBJECT").await["version"], 0);
}

#[tokio::test]
async fn only_administrators_and_their_services_change_texts() {
    let app = TestApp::start().await;
    let user = register(&app, "user").await;
    for (query, variables) in [
        (READ, json!({"k": "NEWS"})),
        (PUT, subject(Some("Bienvenue"), 0)),
    ] {
        assert_eq!(
            user.ask(&app, query, variables.clone()).await.code(),
            "FORBIDDEN"
        );
        assert_eq!(
            app.ask(query, variables.clone()).await.code(),
            "UNAUTHENTICATED"
        );
        let by_service = app.admin(Method::POST, "/graphql");
        let by_service = by_service.json(&json!({"query": query, "variables": variables}));
        crate::app::Answer::of(by_service).await.data();
    }
}
