//! Texts of messages that administrators changed.

use domain::{
    messages::{
        kind::Kind,
        part::Part,
        templates::{Edited, StoredTemplate, TemplateEdit, TemplateKey},
    },
    sentence::Language,
};
use futures_util::future::join_all;

use crate::{backends::Fresh, runner::tests, samples::NOW_MS};

tests! {
    a_text_is_stored_with_its_version_and_its_purge: [],
    a_text_that_is_the_programs_again_keeps_its_version: [],
    of_edits_at_once_one_is_done: [Transactions],
}

fn key(part: Part) -> TemplateKey {
    TemplateKey {
        kind: Kind::News,
        language: Language::French,
        part,
    }
}

async fn edit(fresh: &Fresh, part: Part, source: Option<&str>, expected_version: i32) -> Edited {
    let edit = TemplateEdit {
        key: key(part),
        source: source.map(str::to_owned),
        expected_version,
        actor: "service ci".to_owned(),
        now_ms: NOW_MS + i64::from(expected_version),
    };
    fresh.db.templates.edit(edit).await.unwrap()
}

fn stored(part: Part, source: Option<&str>, version: i32) -> StoredTemplate {
    StoredTemplate {
        key: key(part),
        source: source.map(str::to_owned),
        version,
        changed_at_ms: NOW_MS + i64::from(version) - 1,
    }
}

async fn reasons(fresh: &Fresh) -> Vec<String> {
    let pending = fresh.db.purges.pending(0, 100).await.unwrap();
    let mut reasons: Vec<String> = pending.into_iter().map(|row| row.purge.reason).collect();
    reasons.sort();
    reasons
}

async fn a_text_is_stored_with_its_version_and_its_purge(fresh: Fresh) {
    assert_eq!(fresh.db.templates.all().await.unwrap(), []);
    let first = stored(Part::Subject, Some("un"), 1);
    for _ in 0..2 {
        // The second time because no answer came.
        let done = edit(&fresh, Part::Subject, Some("un"), 0).await;
        assert_eq!(done, Edited::Done(first.clone()));
    }
    let other = edit(&fresh, Part::Body, Some("corps"), 0).await;
    assert_eq!(other, Edited::Done(stored(Part::Body, Some("corps"), 1)));
    for expected_version in [0, 2] {
        let late = edit(&fresh, Part::Subject, Some("deux"), expected_version).await;
        assert_eq!(late, Edited::Conflict { version: 1 });
    }
    let second = stored(Part::Subject, Some("deux"), 2);
    let done = edit(&fresh, Part::Subject, Some("deux"), 1).await;
    assert_eq!(done, Edited::Done(second.clone()));
    let all = fresh.db.templates.all().await.unwrap();
    assert_eq!(all, [stored(Part::Body, Some("corps"), 1), second]);
    let expected = [
        "template news fr body, version 1: changed",
        "template news fr subject, version 1: changed",
        "template news fr subject, version 2: changed",
    ];
    assert_eq!(reasons(&fresh).await, expected);
}

async fn a_text_that_is_the_programs_again_keeps_its_version(fresh: Fresh) {
    edit(&fresh, Part::Subject, Some("un"), 0).await;
    let own = stored(Part::Subject, None, 2);
    let done = edit(&fresh, Part::Subject, None, 1).await;
    assert_eq!(done, Edited::Done(own.clone()));
    assert_eq!(fresh.db.templates.all().await.unwrap(), [own]);
    // Who read the first version, or that there is none, is too late.
    for expected_version in [0, 1] {
        let late = edit(&fresh, Part::Subject, Some("deux"), expected_version).await;
        assert_eq!(late, Edited::Conflict { version: 2 });
    }
}

async fn of_edits_at_once_one_is_done(fresh: Fresh) {
    let edits = ["a", "b", "c", "d"].map(|source| edit(&fresh, Part::Subject, Some(source), 0));
    let edited = join_all(edits).await;
    let done = edited.iter().filter(|one| matches!(one, Edited::Done(_)));
    assert_eq!(done.count(), 1, "{edited:?}");
    assert_eq!(reasons(&fresh).await.len(), 1);
}
