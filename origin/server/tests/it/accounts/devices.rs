//! A sign-in from a device that the account did not know is told to its owner.

use serde_json::{Value, json};

use super::person::{PASSWORD, Person, both, input, registering, verify};
use crate::app::{Answer, Sent, TestApp};

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0";
const LATER_FIREFOX: &str =
    "Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0";
const APP: &str = "Yousoon/2.3 (iPhone; iOS 17.4)";

async fn login(app: &TestApp, agent: &str, password: &str) -> Answer {
    let query = "mutation L($i: LoginInput!) { login(input: $i) { accessToken } }";
    let input = json!({"i": {"email": "ana@example.fr", "password": password}});
    Answer::of(app.post(query, &input).header("user-agent", agent)).await
}

/// The mails about new devices.
async fn told(app: &TestApp) -> Vec<Sent> {
    let mut sent = app.sent().await;
    sent.retain(|message| message.kind == "new_device");
    sent
}

#[tokio::test]
async fn a_new_device_is_told_once_and_the_first_one_is_not() {
    for (app, _redis) in both().await {
        let request = registering(&app, &input("ana")).header("user-agent", FIREFOX);
        let ana = Person::of(&Answer::of(request).await.data()["register"]);
        verify(&app, &ana).await;
        login(&app, FIREFOX, PASSWORD).await.data();
        // A new version is no new device.
        login(&app, LATER_FIREFOX, PASSWORD).await.data();
        assert!(told(&app).await.is_empty());
        // Who does not know the password signs in from nowhere.
        login(&app, APP, "guess").await;
        assert!(told(&app).await.is_empty());
        for expected in [1, 0] {
            login(&app, APP, PASSWORD).await.data();
            let mails = told(&app).await;
            assert_eq!(mails.len(), expected);
            for mail in mails {
                assert_eq!(mail.to, "ana@example.fr");
                assert!(mail.text.contains("Yousoon, iPhone"), "{}", mail.text);
                assert_eq!(mail.unsubscribe, None);
            }
        }
        let inbox = "query N { notifications { edges { node { kind } } } }";
        let inbox = ana.ask(&app, inbox, json!({})).await.data();
        let expected = json!([{"node": {"kind": "NEW_DEVICE"}}]);
        assert_eq!(inbox["notifications"]["edges"], expected);
        let export = ana.ask(&app, "query E { exportMyData { data } }", json!({}));
        let export: Value = export.await.data()["exportMyData"]["data"].clone();
        assert!(export.to_string().contains("knownDevices"), "{export}");
    }
}

/// Anybody may have signed up with an address: nothing is sent there.
#[tokio::test]
async fn an_address_that_is_not_verified_is_not_written_to() {
    let app = TestApp::start().await;
    Answer::of(registering(&app, &input("ana"))).await.data();
    login(&app, APP, PASSWORD).await.data();
    assert!(told(&app).await.is_empty());
}
