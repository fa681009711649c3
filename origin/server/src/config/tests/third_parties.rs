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
