use domain::{
    messages::provider::{Content, Provider, Push, SendError, Sms},
    secret::Secret,
};
use onesignal::OneSignal;
use serde_json::{Value, json};
use ses::Ses;
use twilio::Twilio;

use crate::world::{FIRST, SECOND, World, email, push, sms};

const PROVIDERS: [&str; 3] = ["ses", "twilio", "onesignal"];

async fn send(world: &World, provider: &str, key: &str) -> Result<String, SendError> {
    let sent = match provider {
        "ses" => world.ses().send(key, &email()).await,
        "twilio" => world.twilio().send(key, &sms()).await,
        _ => world.onesignal().send(key, &push()).await,
    };
    sent.map(|accepted| accepted.provider_id)
}

#[tokio::test]
async fn messages_arrive_as_they_were_written() {
    let world = World::start().await;
    let mut ids = Vec::new();
    for provider in PROVIDERS {
        ids.push(send(&world, provider, "key-1").await.unwrap());
    }
    let mailbox = world.mailbox().await;
    let sent: Vec<_> = mailbox
        .iter()
        .map(|item| item["id"].as_str().unwrap())
        .collect();
    assert_eq!(sent, ids);
    assert_eq!(mailbox[0]["title"], "À ce soir");
    assert_eq!(mailbox[0]["key"], "key-1");
    assert_eq!(
        mailbox[0]["headers"],
        json!([
            [
                "List-Unsubscribe",
                "<https://api.yousoon.com/unsubscribe?t=1>"
            ],
            ["List-Unsubscribe-Post", "List-Unsubscribe=One-Click"],
        ])
    );
    assert_eq!(mailbox[1]["text"], "Votre code : 123 & 456");
    assert_eq!(mailbox[1]["to"], json!(["+33612345678"]));
    assert_eq!(mailbox[2]["to"], json!([FIRST, SECOND]));
    assert_eq!(mailbox[2]["link"], "yousoon://bookings/1");
}

#[tokio::test]
async fn each_provider_asks_for_later_in_the_same_way() {
    let world = World::start().await;
    for provider in PROVIDERS {
        for (trouble, expected_ms) in [
            (
                json!({ "kind": "fail", "status": 429, "retry_after": "7" }),
                Some(7000),
            ),
            (json!({ "kind": "fail", "status": 503 }), None),
            (
                json!({ "kind": "fail", "status": 500, "body": "<html>" }),
                None,
            ),
            (json!({ "kind": "hang" }), None),
            (
                json!({ "kind": "fail", "status": 200, "body": "no JSON" }),
                None,
            ),
        ] {
            world.trouble(provider, trouble.clone()).await;
            let error = send(&world, provider, "k").await.unwrap_err();
            let SendError::Later { after_ms, .. } = error else {
                panic!("{provider} {trouble}: {error:?}");
            };
            assert_eq!(after_ms, expected_ms, "{provider} {trouble}");
        }
    }
    assert_eq!(world.mailbox().await, Vec::<Value>::new());
    for provider in PROVIDERS {
        send(&world, provider, "k").await.unwrap();
    }
}

#[tokio::test]
async fn a_slow_answer_is_waited_for() {
    let world = World::start().await;
    for provider in PROVIDERS {
        world
            .trouble(provider, json!({ "kind": "delay", "ms": 50 }))
            .await;
        send(&world, provider, "k").await.unwrap();
    }
}

#[tokio::test]
async fn only_onesignal_knows_that_a_message_repeats() {
    let world = World::start().await;
    for provider in PROVIDERS {
        world.trouble(provider, json!({ "kind": "swallow" })).await;
        let error = send(&world, provider, "booking:1").await.unwrap_err();
        assert_eq!(error.to_string(), "not now: timed out");
        send(&world, provider, "booking:1").await.unwrap();
    }
    send(&world, "onesignal", "booking:2").await.unwrap();
    let mailbox = world.mailbox().await;
    let count = |provider: &str| {
        mailbox
            .iter()
            .filter(|item| item["provider"] == provider)
            .count()
    };
    assert_eq!(PROVIDERS.map(count), [2, 2, 2]);
}

#[tokio::test]
async fn wrong_credentials_are_refused() {
    let world = World::start().await;
    let wrong = || Secret::new("wrong");
    let mut ses = world.ses_config();
    ses.credentials.secret_key = wrong();
    let mut other_region = world.ses_config();
    other_region.region = "us-east-1".to_owned();
    let mut twilio = world.twilio_config();
    twilio.password = wrong();
    let mut onesignal = world.onesignal_config();
    onesignal.key = wrong();
    let errors = [
        Ses::new(ses).unwrap().send("k", &email()).await,
        Ses::new(other_region).unwrap().send("k", &email()).await,
        Twilio::new(twilio).unwrap().send("k", &sms()).await,
        OneSignal::new(onesignal).unwrap().send("k", &push()).await,
    ];
    let texts = errors.map(|error| error.unwrap_err().to_string());
    assert_eq!(
        texts,
        [
            "refused: 403 SignatureDoesNotMatch The request is not signed as it should be.",
            "refused: 403 SignatureDoesNotMatch The request is not signed as it should be.",
            "refused: 401 20003 Authenticate",
            "refused: 403 Access denied. Please include an 'Authorization: ...' header with a \
             valid API key.",
        ]
    );
    assert_eq!(world.mailbox().await, Vec::<Value>::new());
}

#[tokio::test]
async fn temporary_credentials_are_signed_too() {
    let world = World::start().await;
    let mut config = world.ses_config();
    config.credentials.session_token = Some(Secret::new("a-session-token"));
    Ses::new(config).unwrap().send("k", &email()).await.unwrap();
}

#[tokio::test]
async fn each_provider_says_what_is_wrong_in_its_own_way() {
    let world = World::start().await;
    for (provider, trouble, expected) in [
        (
            "ses",
            json!({ "status": 400, "error_type": "SendingPausedException" }),
            "not now: 400 SendingPausedException",
        ),
        (
            "ses",
            json!({ "status": 400, "error_type": "MessageRejected" }),
            "refused: 400 MessageRejected",
        ),
        (
            "ses",
            json!({ "status": 400, "error_type": "BadRequestException",
                "body": r#"{"message": "Domain contains illegal character"}"# }),
            "the recipient cannot be reached: 400 BadRequestException Domain contains illegal character",
        ),
        (
            "twilio",
            json!({ "status": 400, "body": r#"{"code": 20429}"# }),
            "not now: 400 20429",
        ),
        (
            "twilio",
            json!({ "status": 400, "body": r#"{"code": 21606}"# }),
            "refused: 400 21606",
        ),
        (
            "twilio",
            json!({ "status": 400, "body": r#"{"code": 21610}"# }),
            "the recipient cannot be reached: 400 21610",
        ),
        (
            "onesignal",
            json!({ "status": 400, "body": r#"{"errors": ["no"]}"# }),
            "refused: 400 no",
        ),
    ] {
        let mut trouble = trouble;
        trouble["kind"] = "fail".into();
        world.trouble(provider, trouble).await;
        let error = send(&world, provider, "k").await.unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
    let wrong = Content::Sms(Sms {
        to: "+3361234567812345".to_owned(),
        text: "x".to_owned(),
    });
    let error = world.twilio().send("k", &wrong).await.unwrap_err();
    assert!(matches!(error, SendError::Recipient { .. }), "{error:?}");
    assert!(!error.to_string().contains("33612"), "{error}");
}

#[tokio::test]
async fn devices_that_onesignal_does_not_know_come_back() {
    let world = World::start().await;
    let onesignal = world.onesignal();
    world.control("invalid-devices", json!([SECOND])).await;
    let accepted = onesignal.send("a", &push()).await.unwrap();
    assert_eq!(accepted.invalid_devices, [SECOND]);
    assert_eq!(world.mailbox().await[0]["to"], json!([FIRST]));

    world
        .control("invalid-devices", json!([FIRST, SECOND]))
        .await;
    let SendError::Recipient {
        invalid_devices, ..
    } = onesignal.send("b", &push()).await.unwrap_err()
    else {
        panic!("not a recipient");
    };
    assert_eq!(invalid_devices, [FIRST, SECOND]);

    world
        .trouble("onesignal", json!({ "kind": "empty_id" }))
        .await;
    let error = onesignal.send("c", &push()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the recipient cannot be reached: 200 nothing was sent: All included players are not \
         subscribed"
    );

    let unknown = Content::Push(Push {
        devices: vec!["old-token".to_owned()],
        title: String::new(),
        body: "x".to_owned(),
        link: None,
    });
    let error = onesignal.send("d", &unknown).await.unwrap_err();
    assert!(matches!(error, SendError::Recipient { .. }), "{error:?}");
}

#[tokio::test]
async fn a_provider_sends_its_own_kind_only() {
    let world = World::start().await;
    for error in [
        world.ses().send("k", &sms()).await,
        world.twilio().send("k", &push()).await,
        world.onesignal().send("k", &email()).await,
    ] {
        assert!(matches!(error, Err(SendError::Refused { .. })));
    }
}
