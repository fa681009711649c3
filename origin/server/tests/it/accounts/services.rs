//! Tokens of services, from the command line to the routes.

use std::{
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

use access::service_tokens::Secret;
use domain::{
    auth::service_tokens::{Scope, ServiceToken, TokenName},
    users::account::Role,
};
use reqwest::Method;
use serde_json::json;

use super::person::{PASSWORD, register, sign_up, verify};
use crate::{
    app::{Answer, TOKEN, TestApp},
    fixtures::{NOW_MS, partner, store},
};

fn yousoon(dir: &Path, words: &[&str]) -> (bool, String) {
    answering(dir, words, "")
}

/// The same, with what is typed when it asks.
fn answering(dir: &Path, words: &[&str], typed: &str) -> (bool, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_yousoon"))
        .args(["--data-dir", dir.to_str().unwrap()])
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = command.stdin.take().unwrap();
    // It may have ended without a question.
    let _written = stdin.write_all(typed.as_bytes());
    drop(stdin);
    let output = command.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

/// The status that each route answers to a token.
async fn statuses(app: &TestApp, token: &str) -> [u16; 4] {
    let purge = json!({"tag": "offers:all", "reason": "test", "dryRun": true});
    let requests = [
        app.request(Method::POST, "/admin/purge").json(&purge),
        app.request(Method::GET, "/admin/cache/stats"),
        app.request(Method::POST, "/admin/documents").body("{}"),
        app.post(
            r#"mutation { setUserStatus(id: "000000000000000000000000", status: DISABLED) }"#,
            &json!({}),
        )
        .header("accept", crate::app::GRAPHQL_RESPONSE),
    ];
    let mut statuses = [0; 4];
    for (status, request) in statuses.iter_mut().zip(requests) {
        let answer = Answer::of(request.bearer_auth(token)).await;
        *status = answer.status.as_u16();
    }
    statuses
}

async fn create(app: &TestApp, scopes: &[Scope], expires_at_ms: Option<i64>) -> Secret {
    let secret = Secret::fresh();
    let token = ServiceToken {
        name: TokenName::parse(&format!("n{}", &secret.expose()[4..20])).unwrap(),
        scopes: scopes.to_vec(),
        created_at_ms: NOW_MS,
        expires_at_ms,
        revoked_at_ms: None,
    };
    let tokens = yousoon::database::Database::embedded(&app.db).service_tokens;
    tokens.create(token, secret.hash()).await.unwrap();
    secret
}

#[tokio::test]
async fn a_token_opens_the_doors_of_its_scopes_and_no_other() {
    let app = TestApp::start().await;
    for (scopes, expected) in [
        (&[Scope::Purge][..], [200, 403, 403, 403]),
        (&[Scope::Inspect], [403, 200, 403, 403]),
        // An empty manifest of Relay publishes nothing.
        (&[Scope::Documents], [403, 403, 200, 403]),
        (&[Scope::Partners], [403, 403, 403, 403]),
    ] {
        let secret = create(&app, scopes, None).await;
        assert_eq!(
            statuses(&app, secret.expose()).await,
            expected,
            "{scopes:?}"
        );
    }
    let secret = create(&app, &[Scope::Users], None).await;
    let [purge, stats, documents, users] = statuses(&app, secret.expose()).await;
    assert_eq!([purge, stats, documents], [403; 3]);
    assert!(![401, 403].contains(&users), "{users}");
    let over = create(&app, Scope::ALL, Some(NOW_MS)).await;
    assert_eq!(statuses(&app, over.expose()).await, [401; 4]);
    let unknown = Secret::fresh();
    assert_eq!(statuses(&app, unknown.expose()).await, [401; 4]);
}

#[tokio::test]
async fn a_token_is_made_listed_and_revoked_on_the_command_line() {
    let dir = tempfile::tempdir().unwrap();
    let create = [
        "token",
        "create",
        "ci",
        "--scope",
        "purge",
        "--scope",
        "documents",
    ];
    let (good, secret) = yousoon(dir.path(), &create);
    assert!(good && secret.starts_with("yst_"), "{secret}");
    let (good, said) = yousoon(dir.path(), &create);
    assert!(
        !good && said.contains("a name that was never used"),
        "{said}"
    );
    let (_, list) = yousoon(dir.path(), &["token", "list"]);
    assert!(
        list.contains("documents purge") && list.contains("good"),
        "{list}"
    );
    assert!(!list.contains("yst_"), "{list}");
    assert!(yousoon(dir.path(), &["token", "revoke", "ci"]).0);
    assert!(!yousoon(dir.path(), &["token", "revoke", "ci"]).0);
    let (_, list) = yousoon(dir.path(), &["token", "list"]);
    assert!(list.contains("revoked"), "{list}");
}

#[tokio::test]
async fn a_revoked_token_is_out_within_seconds_and_the_audit_names_its_service() {
    let app = TestApp::start().await;
    let secret = Secret::fresh();
    let name = TokenName::parse("chef").unwrap();
    let tokens = yousoon::database::Database::embedded(&app.db).service_tokens;
    let token = ServiceToken {
        name: name.clone(),
        scopes: vec![Scope::Purge],
        created_at_ms: NOW_MS,
        expires_at_ms: None,
        revoked_at_ms: None,
    };
    tokens.create(token, secret.hash()).await.unwrap();
    let purge = async |token: &str| {
        let body = json!({"tag": "offers:all", "reason": "test"});
        let request = app.request(Method::POST, "/admin/purge").json(&body);
        Answer::of(request.bearer_auth(token)).await.status.as_u16()
    };
    assert_eq!(purge(secret.expose()).await, 200);
    let rows = app
        .state
        .services
        .purges
        .audit(None, 1, domain::purges::AuditFilter::default());
    assert_eq!(rows.await.unwrap()[0].actor, "service chef");
    assert!(tokens.revoke(&name, NOW_MS).await.unwrap());
    let mut tries = 0;
    while purge(secret.expose()).await != 401 {
        tries += 1;
        assert!(tries < 60, "still taken");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert_eq!(purge(TOKEN).await, 200);
}

#[tokio::test]
async fn an_administrator_is_made_on_the_command_line_and_may_what_operators_may() {
    let app = TestApp::start().await;
    let zoe = register(&app, "zoe").await;
    let dir = app.data_dir();
    assert_eq!(statuses(&app, &zoe.access).await, [403; 4]);
    let (good, said) = yousoon(dir, &["role", "nobody@example.fr", "--admin"]);
    assert!(!good && said.contains("no account"), "{said}");
    let (good, said) = yousoon(dir, &["role", "zoe@example.fr", "--partner", "x:owner"]);
    assert!(!good && said.contains("owner, manager or staff"), "{said}");
    let nobody = "000000000000000000000000:owner";
    let (good, said) = yousoon(dir, &["role", "zoe@example.fr", "--partner", nobody]);
    assert!(!good && said.contains("no partner"), "{said}");
    verify(&app, &zoe).await;
    let (good, said) = yousoon(dir, &["role", "Zoe@example.fr", "--admin", "--yes"]);
    assert!(good && said.contains("is admin"), "{said}");
    let again = super::person::login(&app, "zoe@example.fr", PASSWORD).await;
    let admin = super::person::Person::of(&again.data()["login"]).access;
    let mut tries = 0;
    while statuses(&app, &admin).await[0] != 200 {
        tries += 1;
        assert!(tries < 60, "still no administrator");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
}

/// E10. Whoever registered an address that is not theirs gets no rights by it, and the operator sees
/// who it is before anything changes.
#[tokio::test]
async fn rights_are_given_to_verified_addresses_after_a_question() {
    let app = TestApp::start().await;
    let dir = app.data_dir();
    store(&app, "a", vec![]).await;
    let zoe = sign_up(&app, "zoe").await;
    let owner = format!("{}:owner", partner("a").id);
    let role = async || {
        let account = app.state.services.users.by_id(&zoe.user_id()).await;
        account.unwrap().unwrap().role
    };
    for rights in [&["--admin"][..], &["--partner", &owner]] {
        let (good, said) = yousoon(
            dir,
            &[&["role", "zoe@example.fr", "--yes"][..], rights].concat(),
        );
        assert!(!good && said.contains("is not verified"), "{said}");
    }
    verify(&app, &zoe).await;
    let asked = ["role", "zoe@example.fr", "--admin"];
    for (answer, is_done) in [("", false), ("n\n", false), ("y\n", true)] {
        let (good, said) = answering(dir, &asked, answer);
        assert_eq!(good, is_done, "{said}");
        assert!(
            said.contains(&zoe.id) && said.contains("Zoé d'Été"),
            "{said}"
        );
        assert_eq!(role().await == Role::Admin, is_done, "{answer:?}");
    }
}

/// F5. On the command line and in the app: a partner keeps an owner.
#[tokio::test]
async fn an_only_owner_is_not_lost() {
    const DELETE: &str = "mutation D($p: String!) { deleteMyAccount(password: $p) }";
    let app = TestApp::start().await;
    let dir = app.data_dir();
    store(&app, "a", vec![]).await;
    let [zoe, ben] = [register(&app, "zoe").await, register(&app, "ben").await];
    let owner = format!("{}:owner", partner("a").id);
    for (name, person) in [("zoe", &zoe), ("ben", &ben)] {
        verify(&app, person).await;
        if name == "zoe" {
            let (good, said) = yousoon(
                dir,
                &["role", "zoe@example.fr", "--partner", &owner, "--yes"],
            );
            assert!(good, "{said}");
        }
    }
    let (good, said) = yousoon(dir, &["role", "zoe@example.fr", "--yes", "--user"]);
    assert!(!good && said.contains("only owner"), "{said}");
    assert!(said.contains(&owner), "what to do: {said}");
    let refused = zoe.ask(&app, DELETE, json!({"p": PASSWORD})).await;
    assert_eq!(refused.code(), "LAST_OWNER");
    assert!(zoe.is_in(&app).await, "a refusal ends no session");
    let (good, said) = yousoon(
        dir,
        &["role", "ben@example.fr", "--partner", &owner, "--yes"],
    );
    assert!(good, "{said}");
    // Who becomes an administrator works there as before.
    let (good, said) = yousoon(dir, &["role", "ben@example.fr", "--yes", "--admin"]);
    assert!(good, "{said}");
    let account = app.state.services.users.by_id(&ben.user_id()).await;
    assert!(account.unwrap().unwrap().works_for(&partner("a").id));
    let gone = zoe.ask(&app, DELETE, json!({"p": PASSWORD})).await;
    assert_eq!(gone.data()["deleteMyAccount"], true);
    assert!(!zoe.is_in(&app).await);
}
