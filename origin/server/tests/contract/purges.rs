//! The outbox, the register of purge logs, and the audit.

use std::collections::HashSet;

use cache_core::{Digest, LogId, PurgeKind, Revision, Tag, Tip};
use domain::purges::{
    AuditFilter, AuditRow, InForce, Moved, OutboxRow, PendingPurge, Proof, TakenOut,
};
use futures_util::future::join_all;
use store_sqlite::outbox;

use crate::{
    backends::Fresh,
    runner::tests,
    samples::{DAY_MS, NOW_MS},
};

tests! {
    pending_purges_are_read_page_by_page_each_once: [],
    rows_leave_once_for_the_log_in_force_and_the_audit_is_told: [],
    no_row_leaves_for_another_log_than_the_one_in_force: [],
    no_row_leaves_for_a_log_that_may_have_lost_what_is_attested: [],
    a_log_that_was_left_behind_never_comes_back: [],
    the_audit_is_listed_newest_first_page_by_page_and_by_filter: [],
    a_row_of_the_audit_is_forgotten_after_400_days: [],
    the_audit_is_in_the_order_of_the_log: [],
    purges_that_are_pushed_at_once_are_all_there: [Transactions],
    two_servers_that_move_the_same_rows_tell_the_audit_once: [Transactions],
    of_logs_that_begin_at_once_one_is_in_force: [Transactions],
}

fn purge(reason: &str, tags: &[&str]) -> PendingPurge {
    PendingPurge {
        tags: tags.iter().map(|tag| tag.parse().unwrap()).collect(),
        kind: outbox::PurgeKind::Soft,
        reason: reason.into(),
        actor: "contract".into(),
    }
}

async fn push(fresh: &Fresh, reason: &str) {
    let pushed = fresh
        .db
        .purges
        .push(purge(reason, &["offer:1", "*"]), NOW_MS);
    pushed.await.unwrap();
}

fn log(byte: u8) -> LogId {
    LogId::from_bytes([byte; 16])
}

async fn put_in_force(fresh: &Fresh, log: LogId, generation: u32) -> bool {
    let begins = tip(Revision::of_generation(generation), 0);
    let put = fresh.db.purges.put_in_force(log, begins, NOW_MS);
    put.await.unwrap()
}

fn tip(revision: Revision, digest: u8) -> Tip {
    Tip {
        revision,
        digest: Digest::from_bytes([digest; 8]),
    }
}

/// Shows that the log has what it began with, and a record there.
fn proof(log: LogId, revision: u64) -> Proof {
    Proof {
        log,
        tip: tip(Revision(revision), 1),
        known: vec![tip(Revision::ZERO, 0)],
    }
}

async fn take_out(fresh: &Fresh, log: LogId, moved: Vec<Moved>) -> TakenOut {
    // The same end each time: it is not what these tests are about.
    let taken = fresh.db.purges.take_out(proof(log, 1), moved);
    taken.await.unwrap()
}

async fn log_in_force(fresh: &Fresh) -> Option<LogId> {
    let in_force = fresh.db.purges.in_force().await.unwrap();
    in_force.map(|in_force| in_force.log)
}

/// As a server tells the audit of a row that became this record of `log`.
pub(crate) fn told(row: &OutboxRow, log: LogId, revision: u64) -> Moved {
    Moved {
        id: row.id,
        told: AuditRow {
            id: None,
            at_ms: row.at_ms,
            actor: row.purge.actor.clone(),
            reason: row.purge.reason.clone(),
            kind: PurgeKind::Soft,
            tags: row.purge.tags.clone(),
            log: Some(log),
            revision: Some(Revision(revision)),
        },
    }
}

/// All rows become the next records of `log`.
fn all_told(rows: &[OutboxRow], log: LogId) -> Vec<Moved> {
    let told = |(revision, row)| told(row, log, revision);
    (1..).zip(rows).map(told).collect()
}

fn without_id(row: AuditRow) -> AuditRow {
    AuditRow { id: None, ..row }
}

async fn audit(fresh: &Fresh, filter: AuditFilter) -> Vec<AuditRow> {
    fresh.db.purges.audit(None, 99, filter).await.unwrap()
}

async fn pending_purges_are_read_page_by_page_each_once(fresh: Fresh) {
    let purges = &fresh.db.purges;
    assert_eq!(purges.last_pending().await.unwrap(), 0);
    let pushed = ["one", "two", "three", "four", "five"];
    for reason in pushed {
        push(&fresh, reason).await;
    }
    let rows = fresh.pending().await;
    let reasons: HashSet<&str> = rows.iter().map(|row| row.purge.reason.as_str()).collect();
    assert_eq!(reasons, HashSet::from(pushed));
    let two = rows.iter().find(|row| row.purge.reason == "two").unwrap();
    assert_eq!(two.purge, purge("two", &["offer:1", "*"]));
    assert_eq!(two.at_ms, NOW_MS);
    // All that is there now has an id up to the last one, so a pass up to it finds it.
    assert!(rows.is_sorted_by(|one, next| 0 < one.id && one.id < next.id));
    assert_eq!(purges.last_pending().await.unwrap(), rows[4].id);
    for (after, page) in [
        (0, &rows[..2]),
        (rows[1].id, &rows[2..4]),
        (rows[3].id, &rows[4..]),
    ] {
        assert_eq!(purges.pending(after, 2).await.unwrap(), page);
    }
    assert_eq!(purges.pending(rows[4].id, 2).await.unwrap(), []);
    assert_eq!(purges.pending(0, 0).await.unwrap(), []);
}

async fn rows_leave_once_for_the_log_in_force_and_the_audit_is_told(fresh: Fresh) {
    for reason in ["one", "two", "three"] {
        push(&fresh, reason).await;
    }
    assert!(put_in_force(&fresh, log(1), 0).await);
    let rows = fresh.pending().await;
    let mut moved = all_told(&rows, log(1));
    let third = moved.split_off(2).remove(0);
    assert_eq!(
        take_out(&fresh, log(1), moved.clone()).await,
        TakenOut::Done
    );
    assert_eq!(fresh.pending().await, rows[2..]);
    let rows_of_audit = audit(&fresh, AuditFilter::default()).await;
    assert!(rows_of_audit[0].id > rows_of_audit[1].id && rows_of_audit[1].id.is_some());
    let expected = [&moved[1].told, &moved[0].told].map(AuditRow::clone);
    assert!(rows_of_audit.into_iter().map(without_id).eq(expected));
    // Once more, with the third named twice: only that one is news.
    let again = [moved, vec![third.clone(), third]].concat();
    assert_eq!(take_out(&fresh, log(1), again).await, TakenOut::Done);
    assert_eq!(take_out(&fresh, log(1), vec![]).await, TakenOut::Done);
    assert_eq!(fresh.pending().await, []);
    let reasons = audit(&fresh, AuditFilter::default()).await;
    let reasons: Vec<&str> = reasons.iter().map(|row| row.reason.as_str()).collect();
    let newest_first = rows.iter().rev().map(|row| row.purge.reason.as_str());
    assert!(newest_first.eq(reasons));
    // An id is never given again, or a server would take the new row for the old one.
    push(&fresh, "four").await;
    let four = &fresh.pending().await[0];
    assert!(rows.iter().all(|row| row.id != four.id));
}

/// Rows of another database are older than whatever this one's log says, also those with a greater
/// revision.
async fn the_audit_is_in_the_order_of_the_log(fresh: Fresh) {
    assert!(put_in_force(&fresh, log(1), 0).await);
    for reason in ["a", "b", "c"] {
        push(&fresh, reason).await;
    }
    let rows = fresh.pending().await;
    let mut moved = all_told(&rows, log(1));
    let purges = &fresh.db.purges;
    let moved_before = told(&rows[0], log(9), 1 << 40).told;
    purges.tell(vec![moved_before.clone()]).await.unwrap();
    let last = moved.split_off(2);
    for batch in [moved, last] {
        assert_eq!(take_out(&fresh, log(1), batch).await, TakenOut::Done);
    }
    let listed = audit(&fresh, AuditFilter::default()).await;
    let revisions: Vec<u64> = listed
        .iter()
        .filter_map(|row| row.revision)
        .map(|revision| revision.0)
        .collect();
    assert_eq!(revisions, [3, 2, 1, 1 << 40]);
}

async fn no_row_leaves_for_another_log_than_the_one_in_force(fresh: Fresh) {
    push(&fresh, "one").await;
    let rows = fresh.pending().await;
    let moved = vec![told(&rows[0], log(2), 1)];
    let taken = take_out(&fresh, log(2), moved.clone()).await;
    assert_eq!(taken, TakenOut::OtherLog);
    assert!(put_in_force(&fresh, log(1), 0).await);
    let taken = take_out(&fresh, log(2), moved).await;
    assert_eq!(taken, TakenOut::OtherLog);
    assert_eq!(fresh.pending().await, rows);
    assert_eq!(audit(&fresh, AuditFilter::default()).await, []);
}

async fn no_row_leaves_for_a_log_that_may_have_lost_what_is_attested(fresh: Fresh) {
    let purges = &fresh.db.purges;
    assert!(put_in_force(&fresh, log(1), 0).await);
    let end = async || purges.in_force().await.unwrap().map(|found| found.end);
    assert_eq!(end().await, Some(tip(Revision::ZERO, 0)));
    for reason in ["one", "two"] {
        push(&fresh, reason).await;
    }
    let rows = fresh.pending().await;
    let [one, two] = [(&rows[0], 1), (&rows[1], 2)].map(|(row, at)| vec![told(row, log(1), at)]);
    let first = Proof {
        tip: tip(Revision(7), 7),
        ..proof(log(1), 0)
    };
    let taken = purges.take_out(first.clone(), one).await.unwrap();
    assert_eq!(taken, TakenOut::Done);
    // A server that took over lacks record 7, and gives its revision to another record.
    for (revision, known) in [(7, 0), (8, 7)] {
        let forked = Proof {
            tip: tip(Revision(revision), 70),
            known: vec![tip(Revision(known), 70), tip(Revision::ZERO, 0)],
            ..first.clone()
        };
        let taken = purges.take_out(forked, two.clone()).await.unwrap();
        assert_eq!(taken, TakenOut::Unproven(first.tip));
    }
    assert_eq!(fresh.pending().await, rows[1..]);
    let behind = Proof {
        tip: tip(Revision(6), 6),
        known: vec![first.tip],
        ..first.clone()
    };
    let taken = purges.take_out(behind, two).await.unwrap();
    assert_eq!(taken, TakenOut::Done);
    let expected = InForce {
        log: log(1),
        end: first.tip,
    };
    assert_eq!(purges.in_force().await.unwrap(), Some(expected));
    assert_eq!(fresh.pending().await, []);
}

async fn a_log_that_was_left_behind_never_comes_back(fresh: Fresh) {
    let purges = &fresh.db.purges;
    assert_eq!(log_in_force(&fresh).await, None);
    for (log, generation, expected) in [
        (log(1), 0, true),
        (log(1), 0, true),
        (log(2), 0, false),
        (log(2), 1, true),
        (log(1), 2, false),
        (log(3), 1, false),
    ] {
        let put = put_in_force(&fresh, log, generation).await;
        assert_eq!(put, expected, "{log} after {generation}");
    }
    assert_eq!(log_in_force(&fresh).await, Some(log(2)));
    let next = purges.next_begins_after().await.unwrap();
    assert_eq!(next, Revision::of_generation(2));
}

/// The audit of purges with these tags, by these actors, at these moments.
async fn audited(fresh: &Fresh, rows: &[(i64, &str, &[&str])]) {
    assert!(put_in_force(fresh, log(1), 0).await);
    for (revision, (at_ms, actor, tags)) in (1..).zip(rows) {
        let pushed = PendingPurge {
            actor: (*actor).to_owned(),
            ..purge("audited", tags)
        };
        fresh.db.purges.push(pushed, NOW_MS).await.unwrap();
        let mut moved = told(&fresh.pending().await[0], log(1), revision);
        moved.told.at_ms = *at_ms;
        let taken = take_out(fresh, log(1), vec![moved]).await;
        assert_eq!(taken, TakenOut::Done);
    }
}

async fn the_audit_is_listed_newest_first_page_by_page_and_by_filter(fresh: Fresh) {
    let rows: [(i64, &str, &[&str]); 4] = [
        (3, "cli", &["offer:1", "geo:81"]),
        (1, "service token", &["offer:1"]),
        (2, "cli", &["*"]),
        (4, "cli", &["offer:11"]),
    ];
    audited(&fresh, &rows).await;
    let listed = async |before, limit, tag: Option<&str>, actor: Option<&str>| {
        let filter = AuditFilter {
            tag: tag.map(|tag| tag.parse::<Tag>().unwrap()),
            actor: actor.map(ToOwned::to_owned),
        };
        fresh.db.purges.audit(before, limit, filter).await.unwrap()
    };
    let revisions = async |before, limit, tag, actor| -> Vec<u64> {
        let rows = listed(before, limit, tag, actor).await.into_iter();
        rows.map(|row| row.revision.unwrap().0).collect()
    };
    assert_eq!(revisions(None, 9, None, None).await, [4, 3, 2, 1]);
    assert_eq!(revisions(None, 2, None, None).await, [4, 3]);
    let third = listed(None, 2, None, None).await[1].id;
    assert_eq!(revisions(third, 2, None, None).await, [2, 1]);
    assert_eq!(revisions(None, 0, None, None).await, [0; 0]);
    // A purge of everything purged this tag, too.
    assert_eq!(revisions(None, 9, Some("offer:1"), None).await, [3, 2, 1]);
    assert_eq!(revisions(None, 9, Some("*"), None).await, [3]);
    assert_eq!(revisions(None, 9, None, Some("cli")).await, [4, 3, 1]);
    assert_eq!(
        revisions(None, 9, Some("offer:1"), Some("cli")).await,
        [3, 1]
    );
    assert_eq!(revisions(None, 9, None, Some("{\"$ne\": 1}")).await, [0; 0]);
}

async fn a_row_of_the_audit_is_forgotten_after_400_days(fresh: Fresh) {
    audited(&fresh, &[(0, "a", &["x"]), (1, "a", &["x"])]).await;
    let trimmed = fresh.db.purges.trim_audit(400 * DAY_MS + 1);
    trimmed.await.unwrap();
    let left = audit(&fresh, AuditFilter::default()).await;
    let moments: Vec<i64> = left.iter().map(|row| row.at_ms).collect();
    assert_eq!(moments, [1]);
}

/// As many as a busy moment has.
const AT_ONCE: usize = 12;

async fn purges_that_are_pushed_at_once_are_all_there(fresh: Fresh) {
    let reasons: Vec<String> = (0..AT_ONCE).map(|number| number.to_string()).collect();
    join_all(reasons.iter().map(|reason| push(&fresh, reason))).await;
    let rows = fresh.pending().await;
    let given: HashSet<i64> = rows.iter().map(|row| row.id).collect();
    let pushed: HashSet<&str> = rows.iter().map(|row| row.purge.reason.as_str()).collect();
    assert_eq!((given.len(), pushed.len()), (AT_ONCE, AT_ONCE));
    let last = fresh.db.purges.last_pending().await.unwrap();
    assert_eq!(given.iter().max(), Some(&last));
}

async fn two_servers_that_move_the_same_rows_tell_the_audit_once(fresh: Fresh) {
    for number in 0..AT_ONCE {
        push(&fresh, &number.to_string()).await;
    }
    assert!(put_in_force(&fresh, log(1), 0).await);
    let rows = fresh.pending().await;
    let moved = all_told(&rows, log(1));
    // The second one has only some of them.
    let some = moved[3..9].to_vec();
    let taken = tokio::join!(
        take_out(&fresh, log(1), moved),
        take_out(&fresh, log(1), some.clone()),
        take_out(&fresh, log(1), some),
    );
    assert_eq!(taken, (TakenOut::Done, TakenOut::Done, TakenOut::Done));
    assert_eq!(fresh.pending().await, []);
    let rows_of_audit = audit(&fresh, AuditFilter::default()).await;
    let reasons: HashSet<&str> = rows_of_audit
        .iter()
        .map(|row| row.reason.as_str())
        .collect();
    assert_eq!((rows_of_audit.len(), reasons.len()), (AT_ONCE, AT_ONCE));
}

async fn of_logs_that_begin_at_once_one_is_in_force(fresh: Fresh) {
    let puts = (1..=6).map(|byte| put_in_force(&fresh, log(byte), 0));
    let put = join_all(puts).await;
    assert_eq!(put.iter().filter(|could| **could).count(), 1, "{put:?}");
    let winner = put.iter().position(|could| *could).unwrap();
    let in_force = log_in_force(&fresh).await;
    assert_eq!(in_force, Some(log(u8::try_from(winner + 1).unwrap())));
    let next = fresh.db.purges.next_begins_after().await.unwrap();
    assert_eq!(next, Revision::of_generation(1));
}
