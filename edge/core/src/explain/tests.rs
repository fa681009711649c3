use cache_core::entry::ContentHash;
use cache_core::{Judge, PurgeKind, PurgeRecord};
use serde_json::json;

use super::*;

const LOG: LogId = LogId::from_bytes([1; 16]);

fn entry(revision: u64) -> EntryHead {
    EntryHead {
        as_of: AsOf {
            log: LOG,
            revision: Revision(revision),
        },
        born_ms: 0,
        lifetime: Lifetime {
            max_age_s: 60,
            stale_while_revalidate_s: 30,
            stale_if_error_s: 600,
        },
        content: ContentHash([0; 16]),
        tags: vec!["a".parse().unwrap(), "b".parse().unwrap()],
    }
}

/// `a` was purged softly at 6 and hard at 7; the copy begins after 5.
fn log() -> LogCopy {
    let record = |revision, kind| PurgeRecord {
        revision: Revision(revision),
        tags: vec!["a".parse().unwrap()],
        kind,
    };
    let mut log = LogCopy::starting_at(LOG, Revision(5));
    log.append(&[record(6, PurgeKind::Hard), record(7, PurgeKind::Soft)])
        .unwrap();
    log.confirm(1);
    log
}

fn judged(head: &EntryHead, age_s: u64, log_age_ms: u64) -> Judged {
    let log = log();
    let judge = Judge {
        log: Some(&log),
        log_age_ms,
        distrust_ms: 5_000,
        required: None,
        log_reaches: false,
    };
    let verdict = judge.judge(head, &head.as_of, age_s * 1_000, u64::MAX);
    Judged::of(&verdict, head, &head.as_of, Some(&log))
}

#[test]
fn each_verdict_says_why() {
    let mut other = entry(9);
    other.as_of.log = LogId::from_bytes([2; 16]);
    let table = [
        (
            judged(&entry(7), 1, 0),
            "serve None fresh for 59 s more; no purge after revision 7 names one of its tags",
        ),
        (
            judged(&entry(6), 1, 0),
            "stale Some(\"soft-purge\") `a` was softly purged at revision 7; the entry was last known fresh at 6: served while it is refreshed",
        ),
        (
            judged(&entry(7), 61, 0),
            "stale Some(\"age\") older than its max-age of 60 s: served while it is refreshed",
        ),
        (
            judged(&entry(5), 1, 0),
            "fetch Some(\"purged\") `a` was purged at revision 6; the entry was last known valid at 5",
        ),
        (
            judged(&entry(4), 1, 0),
            "fetch Some(\"before-horizon\") it was read at revision 4, but the copy of the purge log begins after 5",
        ),
        (
            judged(&other, 1, 0),
            "fetch Some(\"other-log\") it was read under a purge log with another identity",
        ),
        (
            judged(&entry(7), 91, 0),
            "fetch Some(\"expired\") older than its max-age of 60 s plus the 30 s of stale-while-revalidate",
        ),
        (
            judged(&entry(7), 1, 5_001),
            "fetch Some(\"purge-log-silent\") the copy of the purge log is too old to be trusted",
        ),
    ];
    for (judged, expected) in table {
        let told = format!(
            "{} {:?} {}",
            judged.verdict.as_str(),
            judged.why,
            judged.words
        );
        assert_eq!(told, expected);
    }
}

#[test]
fn a_copy_that_was_never_confirmed_is_not_trusted() {
    let unconfirmed = LogCopy::starting_at(LOG, Revision(5));
    for log in [None, Some(&unconfirmed)] {
        let state = LogState::of(log, 0, 5_000);
        assert_eq!((state.trusted, state.age_ms), (false, None));
    }
    let known = log();
    assert!(LogState::of(Some(&known), 5_000, 5_000).trusted);
    assert!(!LogState::of(Some(&known), 5_001, 5_000).trusted);
}

#[test]
fn a_report_survives_its_json() {
    let (head, log) = (entry(5), log());
    let verdict = Verdict::Fetch {
        why: FetchReason::Invalid(InvalidReason::Purged {
            tag: "a".parse().unwrap(),
            revision: Revision(6),
        }),
        cover_errors: false,
    };
    let stored = Stored::of(&head, &head.as_of, 1_000, &verdict, Some(&log));
    let found = [
        Found::Off,
        Found::Absent,
        Found::Failed {
            error: "no answer".into(),
        },
        Found::Stored(stored.into()),
    ];
    for found in found {
        let report = TierReport {
            tier: "kv".into(),
            found,
        };
        let json = serde_json::to_value(&report).unwrap();
        assert_eq!(serde_json::from_value::<TierReport>(json).unwrap(), report);
    }
    let report = TierReport {
        tier: "kv".into(),
        found: Found::Absent,
    };
    assert_eq!(
        serde_json::to_value(&report).unwrap(),
        json!({"tier": "kv", "state": "absent"})
    );
}
