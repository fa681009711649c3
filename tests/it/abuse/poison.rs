//! Cache poisoning: request headers that are not part of the cache key must not influence a cached
//! answer.

use e2e::{Answer, Target};
use serde_json::json;

use super::parallel::warm;
use super::tally::Tally;
use crate::people::Person;

const PART: &str = "poisoned";
/// A word that no answer may contain.
const EVIL: &str = "evil.example";
/// The latitude of the first attempt. Each attempt uses another city, so that nothing is cached yet.
const FROM_LAT: f64 = 44.0;

/// Headers that some servers trust.
fn headers(person: &Person) -> Vec<Vec<(&'static str, String)>> {
    let one = |name, value: &str| vec![(name, value.to_owned())];
    let evil_page = format!("https://{EVIL}/graphql");
    vec![
        one("x-forwarded-host", EVIL),
        one("x-forwarded-for", "127.0.0.1, 10.0.0.1"),
        one("x-forwarded-proto", "evil"),
        one("x-forwarded-scheme", "http"),
        one("x-forwarded-prefix", "/evil.example"),
        one("x-forwarded-port", "1"),
        one("x-host", EVIL),
        one("x-original-url", "/evil.example"),
        one("x-rewrite-url", "/evil.example"),
        one("x-http-method-override", "POST"),
        one("x-method-override", "DELETE"),
        one("forwarded", "for=127.0.0.1;host=evil.example;proto=http"),
        one("host", EVIL),
        one("cookie", "session=evil.example; locale=en"),
        one("accept-language", "en, evil;q=0.9"),
        one("accept", "application/json"),
        one("accept", "text/html, */*;q=0.1"),
        one("accept-encoding", "evil, gzip;q=0"),
        one("origin", &format!("https://{EVIL}")),
        one("referer", &evil_page),
        one("user-agent", EVIL),
        one("range", "bytes=0-3"),
        one("if-none-match", "*"),
        one("if-modified-since", "Fri, 01 Jan 2100 00:00:00 GMT"),
        one("if-match", "\"evil\""),
        one("cache-control", "max-age=31536000, public"),
        one("pragma", "evil.example"),
        one("te", "trailers"),
        one("authorization", &format!("Bearer {}", person.access)),
        one("authorization", "Basic ZXZpbA=="),
        one("yousoon-client-ip", "127.0.0.1"),
        one("yousoon-signature", "t=1;evil.example"),
        one("yousoon-as-of", "99999999999999"),
        one("yousoon-min-revision", "18446744073709551615"),
        one("yousoon-fault", "panic"),
        one("cache-tag", EVIL),
        one("cf-connecting-ip", EVIL),
        one("traceparent", EVIL),
        vec![
            ("x-forwarded-host", EVIL.to_owned()),
            ("authorization", format!("Bearer {}", person.access)),
            ("cookie", format!("a={EVIL}")),
            ("accept-language", "xx".to_owned()),
        ],
    ]
}

/// Sends the first request with each set of headers. Later requests without them must get the answer
/// that the origin gives without them.
pub(crate) async fn pour(target: &Target, tally: &Tally, person: &Person) {
    for (number, headers) in headers(person).iter().enumerate() {
        let step = u32::try_from(number).unwrap();
        let location = json!({"lat": FROM_LAT + 0.1 * f64::from(step), "lng": 2.35});
        let ask = target.ask(
            "OffersNearby",
            json!({"location": location, "maxDistance": 5}),
        );
        for _twice in 0..2 {
            let url = format!("{}/graphql/{}", target.edge_url, ask.id);
            let mut request = target.client.get(url);
            request = request.query(&[("variables", ask.variables.to_string())]);
            for (name, value) in headers {
                request = request.header(*name, value);
            }
            let seen = match request.send().await {
                Ok(seen) => Answer::read(seen).await,
                Err(error) => Err(error.into()),
            };
            match seen {
                Ok(seen) => {
                    tally.read(PART, &seen, &format!("{headers:?}"));
                }
                Err(error) => tally.fault(format!("{PART}: no answer to {headers:?}: {error:#}")),
            }
        }
        let expected = ask.get(&target.client, &target.origin_url).await.unwrap();
        let kept = warm(target, &ask).await;
        tally.holds(expected.status == 200 && kept == expected.text, || {
            format!("{PART}: {headers:?} changed {} into {kept}", expected.text)
        });
        let clean = ask.get(&target.client, &target.edge_url).await.unwrap();
        let said = format!("{:?} {}", clean.headers, clean.text);
        tally.holds(clean.status == 200 && !said.contains("evil"), || {
            format!(
                "{PART}: {headers:?} show up in others' answers: {} {said}",
                clean.status
            )
        });
        if said.contains(&person.id) || said.contains(&person.email) {
            tally.leaked(format!("{PART}: {said}"));
        }
    }
}
