//! The documents of the app are published, and executed by their hash alone.

use std::{fs, path::Path};

use api::documents::DocumentMode;
use pq_core::{DocumentHash, compile::Compiler};
use reqwest::Method;
use serde_json::json;

use super::person::input;
use crate::app::{Answer, TestApp};

const ACCOUNTS: [&str; 23] = [
    "RequestEmailVerification",
    "RequestPasswordReset",
    "RequestPhoneCode",
    "ResetPassword",
    "VerifyEmail",
    "VerifyPhone",
    "MyFavorites",
    "AddFavorite",
    "ChangePassword",
    "DeleteMyAccount",
    "EndOtherSessions",
    "EndSession",
    "ExportMyData",
    "Login",
    "Logout",
    "Me",
    "MyConsents",
    "MySessions",
    "RecordConsent",
    "RefreshToken",
    "Register",
    "RemoveFavorite",
    "UpdateProfile",
];

fn body(name: &str) -> String {
    let dir =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../persisted-queries/operations/mobile");
    fs::read_to_string(dir.join(format!("{name}.graphql"))).unwrap()
}

#[test]
fn no_document_of_accounts_is_shared() {
    let compiler = Compiler::new(&api::schema::sdl()).unwrap();
    for name in ACCOUNTS {
        let document = compiler.compile(&body(name), None).unwrap();
        assert!(!document.operation.policy.is_shared(), "{name}");
    }
}

#[tokio::test]
async fn accounts_work_by_published_documents_alone() {
    let app = TestApp::builder().mode(DocumentMode::Enforce).start().await;
    let bodies: Vec<String> = ACCOUNTS.iter().map(|name| body(name)).collect();
    let bodies: Vec<&str> = bodies.iter().map(String::as_str).collect();
    app.publish(&bodies).await;
    let ask = |name: &str, variables: serde_json::Value, token: Option<&str>| {
        let id = DocumentHash::of(body(name)).to_string();
        let mut request = app
            .request(Method::POST, "/graphql")
            .json(&json!({"documentId": format!("sha256:{id}"), "variables": variables}));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        Answer::of(request)
    };
    let registered = ask("Register", json!({"input": input("ana")}), None)
        .await
        .data();
    let access = registered["register"]["accessToken"].as_str().unwrap();
    let me = ask("Me", json!({}), Some(access)).await;
    assert_eq!(me.data()["me"]["email"], "ana@example.fr");
    assert_eq!(me.header("cache-control"), "private, no-store");
    let refresh = registered["register"]["refreshToken"].clone();
    ask("RefreshToken", json!({"token": refresh}), None)
        .await
        .data();
    let out = ask("Logout", json!({}), Some(access)).await;
    assert_eq!(out.data()["logout"], true);
}
