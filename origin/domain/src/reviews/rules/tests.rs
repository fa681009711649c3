use super::*;
use crate::{
    reviews::{
        review::Removal,
        samples::{NOW_MS, account, booking, review},
    },
    users::account::{Membership, Post},
};

fn stars(number: i32) -> Stars {
    Stars::new(number).unwrap()
}

fn new() -> NewReview {
    NewReview {
        user: account().id,
        booking: booking().id,
        stars: stars(4),
        text: Some("Très bien".into()),
        idempotency_key: Some("key".into()),
    }
}

fn add_to(
    booking: Option<&Booking>,
    before: Option<Review>,
    now_ms: i64,
) -> Result<Change, Written> {
    add(&new(), &account(), booking, before, now_ms)
}

fn refused<T: std::fmt::Debug>(outcome: Result<T, Written>) -> ReviewRefusal {
    match outcome {
        Err(Written::Refused(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_checked_in_guest_writes_one_review_within_thirty_days() {
    let change = add_to(Some(&booking()), None, NOW_MS).unwrap();
    let expected = Review {
        idempotency_key: Some("key".into()),
        ..review()
    };
    assert_eq!((change.before, change.after), (None, Some(expected)));
    let last_ms = until_ms(&booking()).unwrap() - 1;
    assert!(add_to(Some(&booking()), None, last_ms).is_ok());
    let late = add_to(Some(&booking()), None, last_ms + 1);
    assert_eq!(refused(late), ReviewRefusal::TooLate);
}

#[test]
fn a_review_needs_ones_own_visit() {
    assert_eq!(
        refused(add_to(None, None, NOW_MS)),
        ReviewRefusal::NoBooking
    );
    let of_another = Booking {
        user: Some(UserId::derive("user", "ben")),
        ..booking()
    };
    let of_nobody = Booking {
        user: None,
        ..booking()
    };
    for booking in [of_another, of_nobody] {
        let refused = refused(add_to(Some(&booking), Some(review()), NOW_MS));
        assert_eq!(refused, ReviewRefusal::NoBooking);
    }
    for status in BookingStatus::ALL {
        let booking = Booking {
            status: *status,
            ..booking()
        };
        let is_good = add_to(Some(&booking), None, NOW_MS).is_ok();
        assert_eq!(is_good, *status == BookingStatus::CheckedIn, "{status:?}");
        assert_eq!(until_ms(&booking).is_some(), is_good);
    }
    let team = Account {
        memberships: Some(Membership::new(booking().partner, Post::Staff)).into(),
        ..account()
    };
    let own = add(&new(), &team, Some(&booking()), None, NOW_MS);
    assert_eq!(refused(own), ReviewRefusal::OwnPartner);
}

#[test]
fn a_second_request_finds_the_review_and_another_one_is_refused() {
    let there = |text: &str, key: &str, removal| Review {
        text: Some(text.into()),
        idempotency_key: Some(key.into()),
        removal,
        ..review()
    };
    let removal = Removal {
        at_ms: 1,
        reason: "Injures".into(),
        by: None,
        contest: None,
    };
    for (text, key, removal, refusal) in [
        ("Très bien", "other", None, None),
        ("Autre chose", "key", None, None),
        ("Très bien", "other", Some(removal.clone()), None),
        ("Autre", "other", None, Some(ReviewRefusal::AlreadyReviewed)),
        (
            "Autre",
            "other",
            Some(removal),
            Some(ReviewRefusal::Removed),
        ),
    ] {
        let before = there(text, key, removal);
        // Also when the time is over.
        let outcome = add_to(Some(&booking()), Some(before.clone()), i64::MAX);
        let expected = refusal.map_or_else(|| Written::Before(Box::new(before)), Written::from);
        assert_eq!(outcome, Err(expected), "{text} {key}");
    }
}

fn rewrite(number: i32, text: Option<&str>) -> ReviewEdit {
    ReviewEdit::Rewrite {
        by: account().id,
        stars: stars(number),
        text: text.map(str::to_owned),
    }
}

fn changes(before: Review, edit: &ReviewEdit, now_ms: i64) -> Result<Change, Written> {
    change(Some(before), edit, Some(&account()), now_ms)
}

#[test]
fn its_author_rewrites_a_review_for_as_long() {
    let after = changes(review(), &rewrite(1, None), NOW_MS + 5)
        .unwrap()
        .after
        .unwrap();
    assert_eq!((after.stars, &after.text), (stars(1), &None));
    assert_eq!(
        (after.created_at_ms, after.changed_at_ms),
        (NOW_MS, NOW_MS + 5)
    );
    let same = changes(review(), &rewrite(4, Some("Très bien")), NOW_MS + 5);
    assert_eq!(same, Err(Written::Before(Box::new(review()))));
    let renamed = Account {
        last_name: "Zola".into(),
        ..account()
    };
    let edit = rewrite(4, Some("Très bien"));
    let after = change(Some(review()), &edit, Some(&renamed), NOW_MS)
        .unwrap()
        .after
        .unwrap();
    assert_eq!(after.author.as_deref(), Some("Ana Z."));
    let late = changes(
        review(),
        &rewrite(1, None),
        review().visited_at_ms + WITHIN_MS,
    );
    assert_eq!(refused(late), ReviewRefusal::TooLate);
}

#[test]
fn nobody_else_changes_or_deletes_it_and_a_removed_one_stays() {
    let delete = ReviewEdit::Delete { by: account().id };
    let deleted = changes(review(), &delete, i64::MAX).unwrap();
    assert_eq!((deleted.before, deleted.after), (Some(review()), None));
    let of_another = Review {
        user: Some(UserId::derive("user", "ben")),
        ..review()
    };
    let removed = Review {
        removal: Some(Removal {
            at_ms: 1,
            reason: "Injures".into(),
            by: None,
            contest: None,
        }),
        ..review()
    };
    for edit in [rewrite(1, None), delete] {
        let other = refused(changes(of_another.clone(), &edit, NOW_MS));
        assert_eq!(other, ReviewRefusal::NotFound);
        let gone = refused(change(None, &edit, Some(&account()), NOW_MS));
        assert_eq!(gone, ReviewRefusal::NotFound);
        let removed = refused(changes(removed.clone(), &edit, NOW_MS));
        assert_eq!(removed, ReviewRefusal::Removed);
    }
}

#[test]
fn a_partner_answers_once_and_the_author_is_told_once() {
    let author = Author {
        actor: "user 1".into(),
        action: "replyToReview",
    };
    let reply = |text: &str| ReviewEdit::Reply {
        text: text.into(),
        author: author.clone(),
    };
    let first = changes(review(), &reply("Merci"), NOW_MS).unwrap();
    assert_eq!(first.tasks.len(), 1);
    assert!(first.tasks[0].key.starts_with("review_replied:"));
    let answered = first.after.unwrap();
    assert_eq!(answered.reply.as_ref().unwrap().text, "Merci");
    assert_eq!(answered.changed_at_ms, review().changed_at_ms);
    let again = changes(answered.clone(), &reply("Merci"), NOW_MS + 5);
    assert_eq!(again, Err(Written::Before(Box::new(answered.clone()))));
    let edited = changes(answered.clone(), &reply("Merci bien"), NOW_MS + 5).unwrap();
    assert_eq!(edited.tasks, []);
    assert_eq!(edited.after.unwrap().reply.unwrap().at_ms, NOW_MS);
    let remove = ReviewEdit::RemoveReply {
        author: author.clone(),
    };
    let bare = changes(answered, &remove, NOW_MS + 5)
        .unwrap()
        .after
        .unwrap();
    assert_eq!(bare.reply, None);
    assert_eq!(
        changes(bare.clone(), &remove, NOW_MS + 6),
        Err(Written::Before(Box::new(bare.clone())))
    );
    // Nobody is there to be told, and an answer could name them.
    let of_nobody = Review {
        user: None,
        ..bare.clone()
    };
    let refusal = refused(changes(of_nobody, &reply("Merci"), NOW_MS + 7));
    assert_eq!(refusal, ReviewRefusal::NotFound);
    // It is told again under the same key, which is stored once.
    let second = changes(bare, &reply("Merci"), NOW_MS + 7).unwrap();
    assert_eq!(second.tasks[0].key, first.tasks[0].key);
    let removed = Review {
        removal: Some(Removal {
            at_ms: 1,
            reason: "Injures".into(),
            by: None,
            contest: None,
        }),
        ..review()
    };
    for edit in [reply("Merci"), remove] {
        let refused = refused(changes(removed.clone(), &edit, NOW_MS));
        assert_eq!(refused, ReviewRefusal::NotFound);
    }
}
