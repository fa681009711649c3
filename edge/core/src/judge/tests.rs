use cache_core::entry::ContentHash;
use cache_core::{
    AsOf, EntryHead, InvalidReason, Lifetime, LogId, PurgeKind, PurgeRecord, Revision,
};

use super::{FetchReason, StaleReason, Verdict};
use crate::feed::Tail;
use crate::replica::Replica;

const LOG: LogId = LogId::from_bytes([1; 16]);
const NOW_MS: u64 = 1_000_000;

fn entry(revision: u64, age_ms: u64) -> EntryHead {
    EntryHead {
        as_of: AsOf {
            log: LOG,
            revision: Revision(revision),
        },
        born_ms: NOW_MS - age_ms,
        lifetime: Lifetime {
            max_age_s: 60,
            stale_while_revalidate_s: 30,
            stale_if_error_s: 600,
        },
        content: ContentHash([0; 16]),
        tags: vec!["a".parse().unwrap()],
    }
}

/// A copy that was current `age_ms` ago and knows these purges of the tag `a`.
fn replica(age_ms: u64, purges: &[PurgeKind]) -> Replica {
    let records = (1..)
        .zip(purges)
        .map(|(revision, kind)| PurgeRecord {
            revision: Revision(revision),
            tags: vec!["a".parse().unwrap()],
            kind: *kind,
        })
        .collect();
    let mut replica = Replica::default();
    replica.apply(&Tail {
        log: LOG,
        horizon: Revision::ZERO,
        from: Revision::ZERO,
        head: Revision(purges.len() as u64),
        confirmed_at_ms: NOW_MS - age_ms,
        read_at_ms: NOW_MS - age_ms,
        records,
    });
    replica
}

/// Judges an entry that is known to have been current when it was requested.
fn judge(
    entry: &EntryHead,
    replica: &Replica,
    now_ms: u64,
    min_revision: Option<Revision>,
) -> Verdict {
    super::judge(entry, entry.born_ms, replica, now_ms, min_revision)
}

#[test]
fn an_old_entry_that_the_origin_found_valid_just_now_is_served_without_a_trusted_log() {
    let silent = replica(60_000, &[]);
    let old = entry(0, 50_000);
    assert_eq!(
        judge(&old, &silent, NOW_MS, None),
        fetch(FetchReason::Distrust, true)
    );
    let seen = |ago_ms| super::judge(&old, NOW_MS - ago_ms, &silent, NOW_MS, None);
    assert_eq!(seen(5_000), Verdict::Serve { ttl_s: 10 });
    assert_eq!(seen(5_001), fetch(FetchReason::Distrust, true));
}

fn fetch(why: FetchReason, cover_errors: bool) -> Verdict {
    Verdict::Fetch { why, cover_errors }
}

#[test]
fn a_purged_entry_is_not_served_however_young_it_is() {
    let hard = replica(0, &[PurgeKind::Hard]);
    for age_ms in [0, 59_000, 70_000, 100_000] {
        let verdict = judge(&entry(0, age_ms), &hard, NOW_MS, None);
        assert!(matches!(
            verdict,
            Verdict::Fetch {
                why: FetchReason::Invalid(InvalidReason::Purged { .. }),
                cover_errors: false
            }
        ));
    }
    assert_eq!(
        judge(&entry(1, 0), &hard, NOW_MS, None),
        Verdict::Serve { ttl_s: 60 }
    );
    let soft = replica(0, &[PurgeKind::Soft]);
    assert_eq!(
        judge(&entry(0, 0), &soft, NOW_MS, None),
        Verdict::ServeAndRefresh {
            why: StaleReason::SoftPurge
        }
    );
}

#[test]
fn an_entry_goes_through_its_phases() {
    let quiet = replica(0, &[]);
    assert_eq!(
        judge(&entry(0, 59_000), &quiet, NOW_MS, None),
        Verdict::Serve { ttl_s: 1 }
    );
    assert_eq!(
        judge(&entry(0, 60_000), &quiet, NOW_MS, None),
        Verdict::ServeAndRefresh {
            why: StaleReason::Age
        }
    );
    assert_eq!(
        judge(&entry(0, 90_000), &quiet, NOW_MS, None),
        fetch(FetchReason::Expired, true)
    );
    assert_eq!(
        judge(&entry(0, 660_000), &quiet, NOW_MS, None),
        fetch(FetchReason::Expired, false)
    );
}

#[test]
fn while_the_log_is_silent_only_entries_that_were_just_read_are_served() {
    let silent = replica(5_001, &[]);
    assert_eq!(
        judge(&entry(0, 5_001), &silent, NOW_MS, None),
        fetch(FetchReason::Distrust, true)
    );
    assert_eq!(
        judge(&entry(0, 5_000), &silent, NOW_MS, None),
        Verdict::Serve { ttl_s: 55 }
    );
    assert_eq!(
        judge(&entry(0, 9_000), &replica(5_000, &[]), NOW_MS, None),
        Verdict::Serve { ttl_s: 51 }
    );
    assert_eq!(
        judge(&entry(0, 0), &Replica::default(), NOW_MS, None),
        fetch(FetchReason::Distrust, true)
    );
}

#[test]
fn a_client_sees_its_own_write() {
    let log = replica(0, &[]);
    let minimum = |revision| Some(Revision(revision));
    let missed = fetch(FetchReason::MinRevision, false);
    assert_eq!(judge(&entry(0, 0), &log, NOW_MS, minimum(100)), missed);
    assert_eq!(
        judge(&entry(100, 0), &log, NOW_MS, minimum(100)),
        Verdict::Serve { ttl_s: 60 }
    );
    let mut taught = replica(0, &[]);
    taught.learn(Revision(3), NOW_MS);
    assert_eq!(judge(&entry(2, 0), &taught, NOW_MS, None), missed);
}

#[test]
fn an_entry_before_the_copys_horizon_may_be_served_if_the_origin_fails() {
    let mut short = Replica::default();
    short.apply(&Tail {
        log: LOG,
        horizon: Revision(2),
        from: Revision(256),
        head: Revision(256),
        confirmed_at_ms: NOW_MS,
        read_at_ms: NOW_MS,
        records: vec![],
    });
    let before = FetchReason::Invalid(InvalidReason::BeforeHorizon);
    assert_eq!(
        judge(&entry(2, 0), &short, NOW_MS, None),
        fetch(before.clone(), true)
    );
    assert_eq!(
        judge(&entry(1, 0), &short, NOW_MS, None),
        fetch(before, false)
    );
}

#[test]
fn an_entry_that_replaces_a_failed_answer_is_judged_after_the_failure() {
    let stands_in = |replica: &Replica, min_revision| {
        let stored = entry(0, 100_000);
        super::may_stand_in(&stored, stored.born_ms, replica, NOW_MS, min_revision)
    };
    let quiet = replica(0, &[]);
    assert!(stands_in(&quiet, None), "expired, and better than nothing");
    assert!(!stands_in(&replica(0, &[PurgeKind::Hard]), None));
    assert!(stands_in(&replica(0, &[PurgeKind::Soft]), None));
    // While the log is silent, the entry or the copy must have reached the revision demanded.
    let silent = replica(60_000, &[]);
    assert!(stands_in(&silent, None));
    assert!(!stands_in(&silent, Some(Revision(1))));
    let mut taught = silent;
    taught.learn(Revision(3), NOW_MS);
    assert!(!stands_in(&taught, None), "this isolate saw a write");
}
