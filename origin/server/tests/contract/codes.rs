//! Codes that were sent.

use access::codes::Codes;
use domain::{
    UserId,
    auth::codes::{CodePurpose, StoredCode, TRIES},
};
use futures_util::future::join_all;

use crate::{backends::Fresh, runner::tests, samples, users::sign_up};

tests! {
    a_code_replaces_the_one_before_it_and_no_other: [],
    a_code_has_five_tries_however_they_come: [],
    a_code_that_is_over_cannot_be_tried: [],
}

/// Later than any server's own clock: those forget by themselves what is over.
const NOW_MS: i64 = samples::NOW_MS + 3_650 * samples::DAY_MS;
const PHONE: CodePurpose = CodePurpose::VerifyPhone;

fn user(name: &str) -> UserId {
    UserId::derive("user", name)
}

fn code(name: &str, purpose: CodePurpose, code: &str) -> StoredCode {
    Codes::new([1; 32]).stored(&user(name), 3, purpose, "+33600000001", code, NOW_MS)
}

async fn put(fresh: &Fresh, code: &StoredCode) {
    sign_up(fresh, &code.user).await;
    assert!(
        fresh
            .db
            .codes
            .put(code.clone(), samples::code_task(code))
            .await
            .unwrap()
    );
}

async fn get(fresh: &Fresh, name: &str, purpose: CodePurpose) -> Option<StoredCode> {
    fresh.db.codes.get(&user(name), purpose).await.unwrap()
}

async fn take_try(fresh: &Fresh, name: &str, now_ms: i64) -> Option<StoredCode> {
    let taken = fresh.db.codes.take_try(&user(name), PHONE, now_ms).await;
    taken.unwrap()
}

async fn a_code_replaces_the_one_before_it_and_no_other(fresh: Fresh) {
    let others = [
        code("ana", CodePurpose::VerifyEmail, "1"),
        code("ben", PHONE, "1"),
    ];
    for other in &others {
        put(&fresh, other).await;
    }
    assert_eq!(get(&fresh, "ana", PHONE).await, None);
    for text in ["1", "2"] {
        let new = code("ana", PHONE, text);
        put(&fresh, &new).await;
        assert_eq!(get(&fresh, "ana", PHONE).await, Some(new));
    }
    for other in others {
        let found = fresh.db.codes.get(&other.user, other.purpose).await;
        assert_eq!(found.unwrap(), Some(other));
    }
}

async fn a_code_has_five_tries_however_they_come(fresh: Fresh) {
    put(&fresh, &code("ana", PHONE, "1")).await;
    let first = take_try(&fresh, "ana", NOW_MS).await.unwrap();
    assert_eq!(first.tries_left, TRIES - 1);
    let tries = join_all((0..12).map(|_| take_try(&fresh, "ana", NOW_MS))).await;
    let given = tries.iter().flatten().count();
    assert_eq!(given, 4, "{tries:?}");
    assert_eq!(take_try(&fresh, "ana", NOW_MS).await, None);
    // Another code has its own.
    put(&fresh, &code("ana", PHONE, "2")).await;
    assert!(take_try(&fresh, "ana", NOW_MS).await.is_some());
}

async fn a_code_that_is_over_cannot_be_tried(fresh: Fresh) {
    let code = code("ana", PHONE, "1");
    put(&fresh, &code).await;
    let last_ms = code.expires_at_ms - 1;
    assert!(take_try(&fresh, "ana", last_ms).await.is_some());
    assert_eq!(take_try(&fresh, "ana", code.expires_at_ms).await, None);
}
