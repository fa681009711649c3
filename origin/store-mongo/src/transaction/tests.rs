//! The retry logic, with parts that fail as they are told; time is virtual.

use std::collections::VecDeque;

use domain::StoreError;
use mongodb::error::{CommandError, Error, ErrorKind, WriteFailure};
use serde_json::json;

use super::*;
use crate::error::MongoError;

/// A command error with a code and no label.
fn code(code: i32) -> MongoError {
    let error: CommandError = serde_json::from_value(json!({"code": code})).unwrap();
    Error::from(ErrorKind::Command(error)).into()
}

/// An error with a code and a label.
fn labelled(code: i32, label: &str) -> MongoError {
    let error = json!({"code": code, "errorLabels": [label], "errInfo": null});
    let error = WriteFailure::WriteConcernError(serde_json::from_value(error).unwrap());
    Error::from(ErrorKind::Write(error)).into()
}

/// What each call of each part does; nothing told is success.
#[derive(Default)]
struct Told {
    work: VecDeque<MongoError>,
    commit: VecDeque<MongoError>,
    always: Option<fn() -> MongoError>,
    commit_always: Option<fn() -> MongoError>,
    work_takes: Duration,
    begun: u32,
    committed: u32,
    aborted: u32,
}

impl Parts for Told {
    type Output = u32;

    async fn begin(&mut self) -> Result<(), MongoError> {
        self.begun += 1;
        Ok(())
    }

    async fn work(&mut self) -> Result<u32, MongoError> {
        tokio::time::sleep(self.work_takes).await;
        if let Some(error) = self.always {
            return Err(error());
        }
        self.work.pop_front().map_or(Ok(self.begun), Err)
    }

    async fn commit(&mut self) -> Result<(), MongoError> {
        if let Some(error) = self.commit_always {
            return Err(error());
        }
        let told = self.commit.pop_front();
        self.committed += 1;
        told.map_or(Ok(()), Err)
    }

    async fn abort(&mut self) {
        self.aborted += 1;
    }
}

#[tokio::test(start_paused = true)]
async fn a_conflict_runs_the_work_again_with_and_without_a_label() {
    let mut parts = Told {
        work: [
            code(112),
            code(16_777_220),
            labelled(251, TRANSIENT_TRANSACTION_ERROR),
        ]
        .into(),
        ..Told::default()
    };
    assert_eq!(
        run_to_the_end(&mut parts, OnDuplicate::Fail).await.unwrap(),
        4
    );
    assert_eq!((parts.begun, parts.aborted, parts.committed), (4, 3, 1));
}

#[tokio::test(start_paused = true)]
async fn another_error_is_final_and_rolled_back() {
    for error in [code(11000), MongoError::Store(StoreError::ForeignCursor)] {
        let mut parts = Told {
            work: [error].into(),
            ..Told::default()
        };
        let error = run_to_the_end(&mut parts, OnDuplicate::Fail)
            .await
            .unwrap_err();
        assert!(
            error.is_duplicate_key()
                || matches!(error, MongoError::Store(StoreError::ForeignCursor))
        );
        assert_eq!((parts.begun, parts.aborted, parts.committed), (1, 1, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn work_that_adds_what_is_missing_is_run_again_when_another_one_added_it() {
    let mut parts = Told {
        work: [code(11000), code(112)].into(),
        // A server may see it only when all is to be committed.
        commit: [code(11000)].into(),
        ..Told::default()
    };
    let run = run_to_the_end(&mut parts, OnDuplicate::RunAgain).await;
    assert_eq!(run.unwrap(), 4);
    assert_eq!((parts.begun, parts.aborted, parts.committed), (4, 2, 2));
    let mut parts = Told {
        always: Some(|| code(11000)),
        ..Told::default()
    };
    let error = run_to_the_end(&mut parts, OnDuplicate::RunAgain).await;
    let error = error.unwrap_err();
    assert!(error.is_duplicate_key(), "{error}");
    assert!(error.to_string().contains("given up after"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_commit_whose_outcome_is_unknown_is_committed_again_and_the_work_is_not() {
    let unknown = || labelled(91, UNKNOWN_TRANSACTION_COMMIT_RESULT);
    let mut parts = Told {
        commit: [unknown(), unknown()].into(),
        ..Told::default()
    };
    assert_eq!(
        run_to_the_end(&mut parts, OnDuplicate::Fail).await.unwrap(),
        1
    );
    assert_eq!((parts.begun, parts.committed), (1, 3));
}

#[tokio::test(start_paused = true)]
async fn a_commit_that_conflicts_runs_the_work_again() {
    let mut parts = Told {
        commit: [code(112)].into(),
        ..Told::default()
    };
    assert_eq!(
        run_to_the_end(&mut parts, OnDuplicate::Fail).await.unwrap(),
        2
    );
}

#[tokio::test(start_paused = true)]
async fn a_commit_of_a_transaction_that_is_not_known_any_more_may_have_been_done() {
    let mut parts = Told {
        commit: [code(251)].into(),
        ..Told::default()
    };
    let error = run_to_the_end(&mut parts, OnDuplicate::RunAgain).await;
    let text = error.unwrap_err().to_string();
    assert!(
        text.contains("unknown whether the transaction was committed"),
        "{text}"
    );
    assert_eq!((parts.begun, parts.committed), (1, 1));
    // With this label it says that it was not.
    let mut parts = Told {
        commit: [labelled(251, TRANSIENT_TRANSACTION_ERROR)].into(),
        ..Told::default()
    };
    let run = run_to_the_end(&mut parts, OnDuplicate::Fail).await;
    assert_eq!(run.unwrap(), 2);
}

#[tokio::test(start_paused = true)]
async fn retries_end_in_time_with_an_error_that_says_so() {
    let mut parts = Told {
        always: Some(|| code(112)),
        ..Told::default()
    };
    let began = Instant::now();
    let error = run_to_the_end(&mut parts, OnDuplicate::Fail)
        .await
        .unwrap_err();
    assert!(began.elapsed() <= TRANSACTION_WITHIN);
    assert!(error.is_write_conflict());
    let text = error.to_string();
    assert!(
        text.contains("given up after") && text.contains("within 5s: MongoDB: code 112"),
        "{text}"
    );
    assert!(parts.begun > 5, "{}", parts.begun);

    let mut parts = Told {
        commit_always: Some(|| labelled(64, UNKNOWN_TRANSACTION_COMMIT_RESULT)),
        ..Told::default()
    };
    let error = run_to_the_end(&mut parts, OnDuplicate::Fail)
        .await
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("it is unknown whether the transaction was committed"),
        "{error}"
    );
    assert_eq!(parts.begun, 1);
}

#[tokio::test(start_paused = true)]
async fn work_that_ends_too_late_is_not_committed() {
    let mut parts = Told {
        work_takes: TRANSACTION_WITHIN,
        ..Told::default()
    };
    let late = run_to_the_end(&mut parts, OnDuplicate::Fail).await;
    assert!(matches!(late, Err(MongoError::GaveUp { .. })), "{late:?}");
    assert_eq!((parts.begun, parts.committed, parts.aborted), (1, 0, 1));
}

#[tokio::test(start_paused = true)]
async fn a_caller_is_told_whether_to_try_again_and_whether_it_may_be_done() {
    let told = async |mut parts: Told| {
        let error = run_to_the_end(&mut parts, OnDuplicate::Fail).await;
        StoreError::from(error.unwrap_err())
    };
    let parts = Told::default;
    let conflicts = Told {
        always: Some(|| code(112)),
        ..parts()
    };
    assert!(matches!(told(conflicts).await, StoreError::Overloaded(_)));
    let late = Told {
        work_takes: TRANSACTION_WITHIN,
        ..parts()
    };
    assert!(matches!(told(late).await, StoreError::Overloaded(_)));
    for limit in [50, 262] {
        let slow = Told {
            work: [code(limit)].into(),
            ..parts()
        };
        assert!(
            matches!(told(slow).await, StoreError::TimedOut(_)),
            "{limit}"
        );
        let commit = Told {
            commit: [code(limit)].into(),
            ..parts()
        };
        assert!(
            matches!(told(commit).await, StoreError::OutcomeUnknown(_)),
            "{limit}"
        );
    }
    let gone = Told {
        commit: [code(251)].into(),
        ..parts()
    };
    assert!(matches!(told(gone).await, StoreError::OutcomeUnknown(_)));
    let taken = Told {
        work: [code(11000)].into(),
        ..parts()
    };
    assert!(matches!(told(taken).await, StoreError::Duplicate(_)));
    let other = Told {
        work: [code(13)].into(),
        ..parts()
    };
    assert!(matches!(told(other).await, StoreError::Backend(_)));
}
