//! Google, Amplitude, Veriff and the bucket: each is there or not, and a fake of it is for developers.

use super::*;

#[test]
fn maps_need_a_key_and_a_fake_of_them_is_for_developers() {
    let maps =
        |variables: &[(&str, &str)]| read(variables).map(|config| config.providers.maps.clone());
    assert!(maps(&[]).unwrap().is_none());
    let google = maps(&[("YOUSOON_GOOGLE_KEY", SECRET)]).unwrap().unwrap();
    let hosts = [&google.geocoding, &google.places, &google.routes].map(reqwest::Url::as_str);
    assert_eq!(
        hosts,
        [
            "https://geocode.googleapis.com/",
            "https://places.googleapis.com/",
            "https://routes.googleapis.com/",
        ]
    );
    let fake = ("YOUSOON_GOOGLE_URL", "http://127.0.0.1:8025/google");
    let google = maps(&[("YOUSOON_GOOGLE_KEY", SECRET), fake])
        .unwrap()
        .unwrap();
    assert_eq!(google.routes.as_str(), fake.1);
    for (variables, expected) in [
        (
            vec![("YOUSOON_GOOGLE_KEY", "short")],
            "YOUSOON_GOOGLE_KEY: has fewer than 16 bytes",
        ),
        (
            vec![("YOUSOON_GOOGLE_KEY", "a key of more than 16 bytes")],
            "YOUSOON_GOOGLE_KEY: has characters that no key has",
        ),
        (
            vec![("YOUSOON_GOOGLE_URL", "http://maps.example/")],
            "YOUSOON_GOOGLE_URL: is not an https URL; only on a developer's machine may it be http, on loopback",
        ),
    ] {
        assert_eq!(read(&variables).unwrap_err(), expected);
    }
}

#[test]
fn product_events_need_three_secrets() {
    let events =
        |variables: &[(&str, &str)]| read(variables).map(|config| config.providers.events.clone());
    assert!(events(&[]).unwrap().is_none());
    let all = [
        ("YOUSOON_AMPLITUDE_KEY", SECRET),
        ("YOUSOON_AMPLITUDE_SECRET", SECRET),
        ("YOUSOON_AMPLITUDE_PSEUDONYM_KEY", SECRET),
    ];
    let found = events(&all).unwrap().unwrap().amplitude;
    assert_eq!(found.events.as_str(), "https://api.eu.amplitude.com/");
    let privacy = "https://analytics.eu.amplitude.com/";
    assert_eq!(found.privacy.as_str(), privacy);
    assert_eq!(
        read(&all[..1]).unwrap_err(),
        "YOUSOON_AMPLITUDE_SECRET: is required when YOUSOON_AMPLITUDE_KEY is set\n\
         YOUSOON_AMPLITUDE_PSEUDONYM_KEY: is required when YOUSOON_AMPLITUDE_KEY is set"
    );
}

#[test]
fn identity_checks_need_three_secrets_and_a_version_of_the_consent() {
    let identity = |variables: &[(&str, &str)]| {
        read(variables).map(|config| config.providers.identity.clone())
    };
    assert!(identity(&[]).unwrap().is_none());
    let all = [
        ("YOUSOON_VERIFF_KEY", SECRET),
        ("YOUSOON_VERIFF_SECRET", SECRET),
        ("YOUSOON_VERIFF_PSEUDONYM_KEY", SECRET),
        ("YOUSOON_IDENTITY_CONSENT_VERSION", "2026-11"),
    ];
    let found = identity(&all).unwrap().unwrap();
    assert_eq!(found.veriff.base.as_str(), "https://stationapi.veriff.com/");
    assert_eq!(found.terms.valid_ms, 730 * 86_400_000);
    assert_eq!(found.report_secrets.len(), 1);
    assert!(!format!("{found:?}").contains(SECRET));
    let rotating = [
        all.as_slice(),
        &[("YOUSOON_VERIFF_SECRET_PREVIOUS", "a secret of before")],
    ];
    let found = identity(&rotating.concat()).unwrap().unwrap();
    assert_eq!(found.report_secrets.len(), 2);
    assert_eq!(
        read(&all[..1]).unwrap_err(),
        "YOUSOON_VERIFF_SECRET: is required when YOUSOON_VERIFF_KEY is set\n\
         YOUSOON_VERIFF_PSEUDONYM_KEY: is required when YOUSOON_VERIFF_KEY is set\n\
         YOUSOON_IDENTITY_CONSENT_VERSION: is required when YOUSOON_VERIFF_KEY is set"
    );
    for (variable, value, why) in [
        ("YOUSOON_VERIFF_KEY", "short", "has fewer than 16 bytes"),
        (
            "YOUSOON_IDENTITY_CONSENT_VERSION",
            "é",
            "has at most 40 visible",
        ),
        (
            "YOUSOON_IDENTITY_VALID_DAYS",
            "0",
            "\"0\" is not a number from 1 to 3650",
        ),
        (
            "YOUSOON_VERIFF_URL",
            "http://veriff.example",
            "is not an https URL",
        ),
    ] {
        let others = all.into_iter().filter(|(name, _)| *name != variable);
        let variables: Vec<_> = others.chain([(variable, value)]).collect();
        let said = read(&variables).unwrap_err();
        assert!(said.starts_with(&format!("{variable}: {why}")), "{said}");
    }
    // A fake is for developers.
    let fake = ("YOUSOON_VERIFF_URL", "http://127.0.0.1:8025/veriff");
    let with_fake: Vec<_> = all.into_iter().chain([fake]).collect();
    assert!(identity(&with_fake).unwrap().is_some());
    let production: Vec<_> = SOUND.into_iter().chain(with_fake).collect();
    let said = read(&production).unwrap_err();
    assert!(
        said.starts_with("YOUSOON_VERIFF_URL: is not an https URL"),
        "{said}"
    );
    let weak: Vec<_> = SOUND.into_iter().chain(all).collect();
    let weak: Vec<_> = weak
        .into_iter()
        .map(|(name, value)| match name {
            "YOUSOON_VERIFF_SECRET" => (name, "aaaaaaaaaaaaaaaaaaaa"),
            _ => (name, value),
        })
        .collect();
    let said = read(&weak).unwrap_err();
    assert!(said.starts_with("YOUSOON_VERIFF_SECRET: "), "{said}");
}

#[test]
fn a_bucket_is_there_or_not_and_production_asks_for_https() {
    assert!(read(&[]).unwrap().pictures.bucket.is_none());
    let bucket = read(&A_BUCKET).unwrap().pictures.bucket.unwrap();
    assert_eq!(bucket.config.addressing, s3::Addressing::Path);
    assert!(!format!("{bucket:?}").contains(SECRET));
    let without_url: Vec<_> = A_BUCKET
        .into_iter()
        .filter(|(name, _)| *name != "YOUSOON_S3_URL")
        .collect();
    let amazon = read(&without_url).unwrap().pictures.bucket.unwrap();
    assert_eq!(amazon.config.endpoint, "https://s3.eu-west-3.amazonaws.com");
    assert_eq!(amazon.config.addressing, s3::Addressing::VirtualHost);
    for (variable, value, why) in [
        ("YOUSOON_S3_BUCKET", "Upper", "the bucket's name breaks"),
        (
            "YOUSOON_S3_SECRET_KEY",
            "",
            "is required when YOUSOON_S3_BUCKET is set",
        ),
        (
            "YOUSOON_S3_ACCESS_KEY_ID",
            "",
            "is required when YOUSOON_S3_BUCKET is set",
        ),
        (
            "YOUSOON_PICTURES_URL",
            "",
            "is required when YOUSOON_S3_BUCKET is set",
        ),
        (
            "YOUSOON_PICTURES_URL",
            "http://127.0.0.1:7070",
            "is not an https URL",
        ),
        ("YOUSOON_S3_URL", "http://s3.example", "is not an https URL"),
        (
            "YOUSOON_S3_URL",
            "https://s3.example/path",
            "the endpoint is not",
        ),
        (
            "YOUSOON_PICTURE_THREADS",
            "0",
            "\"0\" is not a number from 1 to 16",
        ),
    ] {
        let others = A_BUCKET.into_iter().filter(|(name, _)| *name != variable);
        let variables: Vec<_> = others.chain([(variable, value)]).collect();
        let said = read(&variables).unwrap_err();
        assert!(said.starts_with(&format!("{variable}: {why}")), "{said}");
        assert_eq!(said.lines().count(), 1, "{said}");
    }
    let production: Vec<_> = SOUND.into_iter().chain(A_BUCKET).collect();
    let said = read(&production).unwrap_err();
    assert!(
        said.starts_with("YOUSOON_S3_URL: is not an https URL"),
        "{said}"
    );
}

const PAYMENTS: [(&str, &str); 6] = [
    ("YOUSOON_STRIPE_SECRET_KEY", "sk_live_51NobodysKeyAtAll"),
    (
        "YOUSOON_STRIPE_PUBLISHABLE_KEY",
        "pk_live_51NobodysKeyAtAll",
    ),
    (
        "YOUSOON_STRIPE_WEBHOOK_SECRET",
        "whsec_0f1e2d3c4b5a69788796",
    ),
    (
        "YOUSOON_STRIPE_RETURN_URL",
        "https://partner.yousoon.example/payments",
    ),
    (
        "YOUSOON_STRIPE_REFRESH_URL",
        "https://partner.yousoon.example/again",
    ),
    ("YOUSOON_PAYMENTS_FEE_BP", "1000"),
];

/// The settings of payments, with one of them otherwise.
fn payments_with<'a>(variable: &'a str, value: &'a str) -> Vec<(&'a str, &'a str)> {
    let others = PAYMENTS.into_iter().filter(|(name, _)| *name != variable);
    others.chain([(variable, value)]).collect()
}

#[test]
fn payments_are_taken_or_not_and_need_all_their_settings() {
    let payments = |variables: &[(&str, &str)]| {
        read(variables).map(|config| config.providers.payments.clone())
    };
    assert!(payments(&[]).unwrap().is_none());
    let found = payments(&PAYMENTS).unwrap().unwrap();
    assert_eq!(found.stripe.base.as_str(), "https://api.stripe.com/");
    assert_eq!(found.livemode, stripe::Livemode::Live);
    assert_eq!((found.webhook_secrets.len(), found.fee_bp), (1, 1_000));
    assert!(!format!("{found:?}").contains("sk_live"), "{found:?}");
    for (variable, _) in &PAYMENTS[1..] {
        assert_eq!(
            payments(&payments_with(variable, "")).unwrap_err(),
            format!("{variable}: is required when YOUSOON_STRIPE_SECRET_KEY is set")
        );
    }
    for (variable, value, why) in [
        (
            "YOUSOON_STRIPE_SECRET_KEY",
            "pk_live_51NobodysKeyAtAll",
            "begins with none of sk_live_, rk_live_, sk_test_, rk_test_",
        ),
        (
            "YOUSOON_STRIPE_PUBLISHABLE_KEY",
            "sk_live_51NobodysKeyAtAll",
            "does not begin with pk_",
        ),
        (
            "YOUSOON_STRIPE_PUBLISHABLE_KEY",
            "pk_test_51NobodysKeyAtAll",
            "is of another environment than YOUSOON_STRIPE_SECRET_KEY",
        ),
        (
            "YOUSOON_PAYMENTS_FEE_BP",
            "5001",
            "\"5001\" is not a number from 0 to 5000",
        ),
        (
            "YOUSOON_STRIPE_RETURN_URL",
            "http://partner.yousoon.example/",
            "is not an https URL; only on a developer's machine may it be http, on loopback",
        ),
        (
            "YOUSOON_STRIPE_URL",
            "http://stripe.example/",
            "is not an https URL; only on a developer's machine may it be http, on loopback",
        ),
    ] {
        let variables = payments_with(variable, value);
        assert_eq!(
            payments(&variables).unwrap_err(),
            format!("{variable}: {why}")
        );
    }
}

#[test]
fn production_takes_real_money_by_real_servers_and_secrets() {
    let in_production = |variables: Vec<(&str, &str)>| {
        let all: Vec<_> = SOUND.into_iter().chain(variables).collect();
        read(&all).map(drop)
    };
    assert_eq!(in_production(PAYMENTS.to_vec()), Ok(()));
    let fake = ("YOUSOON_STRIPE_URL", "http://127.0.0.1:8025/stripe");
    assert_eq!(
        in_production(payments_with(fake.0, fake.1)).unwrap_err(),
        "YOUSOON_STRIPE_URL: is for fakes, which production does not allow"
    );
    let (variable, weak) = ("YOUSOON_STRIPE_WEBHOOK_SECRET", "dev-stripe-webhook-secret");
    assert_eq!(
        in_production(payments_with(variable, weak)).unwrap_err(),
        format!("{variable}: is a development secret: production needs a random secret")
    );
}

#[test]
fn a_rollout_refuses_test_keys_of_stripe() {
    let refused = |keys: [(&str, &str); 2]| {
        let is_other = |(name, _): &(&str, &str)| keys.iter().all(|(key, _)| key != name);
        let others = PAYMENTS.into_iter().filter(is_other);
        let variables: Vec<_> = FIT.into_iter().chain(others).chain(keys).collect();
        let report = check::Report::new(&lookup_in(&variables), [], Some(ROLLOUT));
        let text = report.to_string();
        let lines = text.lines().filter(|line| line.contains("REFUSED"));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(refused([PAYMENTS[0], PAYMENTS[1]]), Vec::<String>::new());
    let wrong = refused([
        ("YOUSOON_STRIPE_SECRET_KEY", "sk_test_51NobodysKeyAtAll"),
        (
            "YOUSOON_STRIPE_PUBLISHABLE_KEY",
            "pk_test_51NobodysKeyAtAll",
        ),
    ]);
    assert_eq!(wrong.len(), 1, "{wrong:?}");
    assert!(
        wrong[0].starts_with("YOUSOON_STRIPE_SECRET_KEY"),
        "{wrong:?}"
    );
    assert!(wrong[0].ends_with("is a test key: guests would pay no money"));
}
