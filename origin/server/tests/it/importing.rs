//! `POST /partners/<id>/import.jsonl`: who may, what it does, and what it refuses.

use domain::{catalogue::sheet, users::account::Post};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    app::{Answer, TOKEN, TestApp},
    booking::works_for,
    fixtures::{partner, store},
};

const FILE: &str = "kind;externalId;name;street;postalCode;city;latitude;longitude;establishment;title;category;percentage;validFrom;validUntil\n\
    offer;menu;;;;;;;bar;Menu du midi;BAR;20 %;01/01/2026;31/12/2026\n\
    establishment;bar;Le Bar;1 rue de Rivoli;75004;Paris;48,8566;2,3522;;;;;;\n\
    offer;autre;;;;;;;nulle part;Autre menu;BAR;20;01/01/2026;31/12/2026\n";

async fn started() -> TestApp {
    let app = TestApp::start().await;
    store(&app, "a", vec![]).await;
    store(&app, "b", vec![]).await;
    app
}

fn path(query: &str) -> String {
    format!("/partners/{}/import.jsonl{query}", partner("a").id)
}

async fn import(app: &TestApp, token: Option<&str>, query: &str, file: &str) -> Answer {
    let mut request = app
        .request(Method::POST, &path(query))
        .body(file.to_owned());
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    Answer::of(request).await
}

/// The lines of a report.
fn lines(answer: &Answer) -> Vec<Value> {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let lines = answer.text.lines().map(serde_json::from_str);
    lines.collect::<Result<_, _>>().unwrap()
}

fn actions(answer: &Answer) -> Vec<String> {
    let lines = lines(answer);
    let (_, lines) = lines.split_last().unwrap();
    let said = |line: &Value| {
        line["code"]
            .as_str()
            .or(line["action"].as_str())
            .unwrap()
            .to_owned()
    };
    lines.iter().map(said).collect()
}

#[tokio::test]
async fn a_dry_run_says_what_an_import_then_does_once() {
    const OFFERS: &str =
        "query A($id: ID!) { partner(id: $id) { establishments { name } offers { title } } }";
    let app = started().await;
    let token = Some(TOKEN);
    let ids = json!({"id": partner("a").id});
    let expected = ["CREATE", "CREATE", "ESTABLISHMENT_NOT_FOUND"];
    let dry = import(&app, token, "?dryRun=true", FILE).await;
    assert_eq!(actions(&dry), expected);
    let summary = &lines(&dry)[3]["summary"];
    assert_eq!(
        *summary,
        json!({"dryRun": true, "created": 2, "updated": 0, "unchanged": 0, "refused": 1})
    );
    let before = app.ask(OFFERS, ids.clone()).await.data();
    assert_eq!(before["partner"]["offers"], json!([]));

    let head = app.head();
    let done = import(&app, token, "", FILE).await;
    assert_eq!(actions(&done), expected);
    assert!(app.head() > head, "the purges are in the log");
    let after = app.ask(OFFERS, ids).await.data();
    assert_eq!(
        after["partner"]["offers"],
        json!([{"title": "Menu du midi"}])
    );
    assert_eq!(
        after["partner"]["establishments"].as_array().unwrap().len(),
        2
    );

    let again = import(&app, token, "", FILE).await;
    assert_eq!(actions(&again), ["NONE", "NONE", "ESTABLISHMENT_NOT_FOUND"]);
    let changed = FILE.replace("20 %", "30").replace("nulle part", "bar");
    let changed = import(&app, token, "", &changed).await;
    assert_eq!(actions(&changed), ["UPDATE", "NONE", "CREATE"]);
    assert_eq!(lines(&changed)[0]["fields"], json!(["discount"]));
}

#[tokio::test]
async fn managers_of_the_partner_import_and_nobody_else() {
    let app = started().await;
    let [staff, manager] = [("staff", Post::Staff), ("manager", Post::Manager)];
    let staff = works_for(&app, staff.0, "a", staff.1).await;
    let manager = works_for(&app, manager.0, "a", manager.1).await;
    let other = works_for(&app, "other", "b", Post::Owner).await;
    for (token, status) in [
        (None, StatusCode::UNAUTHORIZED),
        (Some(staff.access.as_str()), StatusCode::FORBIDDEN),
        (Some(other.access.as_str()), StatusCode::FORBIDDEN),
        (Some(manager.access.as_str()), StatusCode::OK),
    ] {
        let answer = import(&app, token, "?dryRun=true", FILE).await;
        assert_eq!(answer.status, status, "{}", answer.text);
    }
    for nobody in ["000000000000000000000000", "x"] {
        let path = format!("/partners/{nobody}/import.jsonl");
        let request = app
            .request(Method::POST, &path)
            .bearer_auth(TOKEN)
            .body(FILE);
        assert_eq!(
            Answer::of(request).await.status,
            StatusCode::NOT_FOUND,
            "{nobody}"
        );
    }
}

#[tokio::test]
async fn a_file_that_is_none_is_refused_as_a_whole() {
    let app = started().await;
    let large = "x".repeat(sheet::MAX_BYTES + 1);
    for (query, file, code) in [
        ("", "", "IMPORT_UNREADABLE"),
        ("", "externalId;colour\na;red", "IMPORT_UNREADABLE"),
        ("", large.as_str(), "REQUEST_TOO_LARGE"),
        ("?dryRun=perhaps", FILE, "INVALID_REQUEST"),
    ] {
        let answer = import(&app, Some(TOKEN), query, file).await;
        assert_eq!(answer.code(), code, "{}", answer.text);
    }
    let get = app.request(Method::GET, &path("")).bearer_auth(TOKEN);
    assert_eq!(Answer::of(get).await.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn an_address_that_nobody_can_look_up_refuses_its_line() {
    let app = started().await;
    let file = "externalId;name;street;postalCode;city\na;Bar A;1 rue de Rivoli;75004;Paris\n";
    let dry = import(&app, Some(TOKEN), "?dryRun=true", file).await;
    assert_eq!(actions(&dry), ["CREATE"]);
    let done = import(&app, Some(TOKEN), "", file).await;
    assert_eq!(actions(&done), ["POSITION_REQUIRED"]);
}

#[tokio::test]
async fn two_imports_of_a_file_at_once_do_each_line_once() {
    let app = started().await;
    let (one, two) = tokio::join!(
        import(&app, Some(TOKEN), "", FILE),
        import(&app, Some(TOKEN), "", FILE),
    );
    for answer in [one, two] {
        let refused = lines(&answer)[3]["summary"]["refused"].clone();
        assert_eq!(refused, json!(1), "{}", answer.text);
    }
    let again = import(&app, Some(TOKEN), "", FILE).await;
    assert_eq!(actions(&again), ["NONE", "NONE", "ESTABLISHMENT_NOT_FOUND"]);
}
