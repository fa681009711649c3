use super::*;

const HIT: (Outcome, Source) = (Outcome::Hit, Source::Memory);
const FILLED: (Outcome, Source) = (Outcome::Filled, Source::Origin);

fn document(number: usize) -> DocumentHash {
    DocumentHash::of(number.to_string())
}

#[test]
fn requests_are_added_up_by_document_outcome_and_source() {
    let mut tally = Tally::default();
    tally.count(document(1), "Near", HIT, Some(400));
    tally.count(document(1), "Near", HIT, Some(70_000));
    tally.count(document(1), "Near", FILLED, Some(0));
    tally.count(document(2), "Detail", (Outcome::Failed, Source::None), None);
    let rows = tally.take();
    let of = |number, key| {
        let mut found = rows.iter().filter(|row| {
            row.document == Some(document(number)) && (row.outcome, row.source) == key
        });
        found.next().expect("a row").clone()
    };
    assert_eq!(rows.len(), 3);
    let hits = of(1, HIT);
    assert_eq!(hits.operation, "Near");
    assert_eq!((hits.sum.requests, hits.sum.age_ms), (2, 70_400));
    assert_eq!(hits.sum.ages, [1, 0, 0, 0, 1, 0, 0, 0, 0]);
    let failed = of(2, (Outcome::Failed, Source::None));
    assert_eq!((failed.sum.requests, failed.sum.ages), (1, [0; 9]));
}

#[test]
fn ages_are_counted_up_to_and_with_their_bound() {
    let bucket = |age_ms| {
        let mut sum = Sum::default();
        sum.count(Some(age_ms));
        sum.ages.iter().position(|count| *count == 1)
    };
    let table = [
        (0, 0),
        (1_000, 0),
        (1_001, 1),
        (300_000, 4),
        (86_400_000, 7),
        (86_400_001, 8),
        (u64::MAX, 8),
    ];
    for (age_ms, expected) in table {
        assert_eq!(bucket(age_ms), Some(expected), "{age_ms}");
    }
}

#[test]
fn what_is_taken_is_gone_and_adding_it_elsewhere_loses_nothing() {
    let mut isolates = [Tally::default(), Tally::default()];
    let mut object = Tally::default();
    for (number, isolate) in isolates.iter_mut().enumerate() {
        isolate.count(document(1), "Near", HIT, Some(400));
        isolate.count(document(2 + number), "Other", FILLED, Some(0));
        let rows = isolate.take();
        // As it is sent.
        let text = serde_json::to_string(&rows).expect("JSON");
        object.add(&serde_json::from_str::<Vec<Row>>(&text).expect("rows"));
        assert!(isolate.is_empty() && isolate.take().is_empty());
    }
    let requests: Vec<u64> = object.rows().map(|row| row.sum.requests).collect();
    assert_eq!(requests.iter().sum::<u64>(), 4);
    assert!(requests.contains(&2), "{requests:?}");
    assert_eq!(object.rows().count(), object.take().len());
    assert!(object.is_empty());
}

#[test]
fn a_tally_has_a_bounded_number_of_documents() {
    let mut tally = Tally::default();
    for number in 0..2 * MAX_DOCUMENTS {
        tally.count(document(number), "Named", HIT, None);
    }
    // Also when it is made of two that are full.
    let mut other = Tally::default();
    for number in 0..2 * MAX_DOCUMENTS {
        other.count(document(usize::MAX - number), "Named", HIT, None);
    }
    tally.add(&other.take());
    let rows = tally.take();
    assert_eq!(rows.len(), MAX_DOCUMENTS + 1);
    let total: u64 = rows.iter().map(|row| row.sum.requests).sum();
    assert_eq!(total, 4 * MAX_DOCUMENTS as u64);
    let others = rows.iter().find(|row| row.document.is_none());
    let others = others.expect("a row of the others");
    assert_eq!(others.sum.requests, 3 * MAX_DOCUMENTS as u64);
    assert_eq!(others.operation, "");
}

#[test]
fn one_request_in_ten_seconds_hands_the_tally_on() {
    let mut hand_on = HandOn::default();
    assert!(hand_on.falls_to_this_request(1_000));
    assert!(!hand_on.falls_to_this_request(1_000));
    assert!(!hand_on.falls_to_this_request(11_000));
    hand_on.done();
    assert!(hand_on.falls_to_this_request(11_001));
    // The platform has ended that request.
    assert!(!hand_on.falls_to_this_request(26_001));
    assert!(hand_on.falls_to_this_request(26_002));
    assert!(!hand_on.falls_to_this_request(26_003));
}

#[test]
fn every_way_to_serve_is_counted() {
    let fetched = |collapsed| Served::Fetched {
        reason: cache_core::ForwardReason::Miss,
        detail: None,
        stored: true,
        collapsed,
    };
    let tier = Tier::Kv;
    let table = [
        (Served::Hit { tier: Tier::Memory }, "hit", "memory"),
        (Served::Hit { tier }, "hit", "kv"),
        (Served::Stale { tier }, "stale", "kv"),
        (Served::InsteadOfError { tier }, "covered", "kv"),
        (Served::InsteadOfRefusal { tier }, "covered", "kv"),
        (fetched(false), "filled", "origin"),
        (fetched(true), "collapsed", "origin"),
    ];
    for (served, outcome, source) in table {
        let counted = served.counted_as();
        assert_eq!((counted.0.as_str(), counted.1.as_str()), (outcome, source));
    }
}
