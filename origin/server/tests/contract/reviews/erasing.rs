//! An erased account: its stars stay, and lead to nobody.

use domain::{
    reviews::{reports::Verdict, review::Review, rules::ReviewEdit, store::ReviewOrder},
    users::store::Erased,
};

use super::{
    author, change, counts, done, filled, query,
    reporting::{report, reports, ruling},
    reviewed, stored, user,
};
use crate::{backends::Fresh, runner::tests, samples::NOW_MS, users::sign_up};

tests! {
    of_an_erased_author_only_the_stars_stay: [],
    an_erased_reporter_leaves_no_report_and_an_erased_administrator_no_name: [],
    of_a_review_and_an_erasure_at_once_no_author_is_left: [Transactions],
}

async fn erase(fresh: &Fresh, name: &str) {
    let (user, pseudonym) = (user(name), format!("of {name}"));
    let erased = fresh.db.users.erase(&user, &pseudonym, NOW_MS + 50).await;
    assert_eq!(erased.unwrap(), Erased::Done);
}

async fn of_an_erased_author_only_the_stars_stay(fresh: Fresh) {
    let offer = filled(&fresh).await;
    let review = reviewed(&fresh, "ana", &offer, 2).await;
    let removed = reviewed(&fresh, "ben", &offer, 1).await;
    sign_up(&fresh, &user("admin")).await;
    let reply = ReviewEdit::Reply {
        text: "Merci Zoé".into(),
        author: author("replyToReview"),
    };
    done(change(&fresh, &review.id, reply, NOW_MS + 5).await);
    reports(&fresh, report(&review, "cleo", "Faux"), NOW_MS + 6).await;
    done(change(&fresh, &removed.id, ruling(Verdict::Remove), NOW_MS + 7).await);
    let before = fresh.pending().await;
    let kept = counts(&fresh, &offer).await;
    for name in ["ana", "ben"] {
        erase(&fresh, name).await;
    }
    let bare = Review {
        user: None,
        text: None,
        author: None,
        ..review.clone()
    };
    assert_eq!(stored(&fresh, &review.id).await, Some(bare.clone()));
    let query = query(&offer, ReviewOrder::Newest, 5);
    let pages = fresh.db.reviews.pages(&[query]).await.unwrap();
    assert_eq!(pages[0].items, [bare]);
    assert_eq!(stored(&fresh, &removed.id).await, None);
    assert_eq!(counts(&fresh, &offer).await, kept);
    // Whoever has the text in a cache hears of it, and who it was of is not said.
    let rows = fresh.pending_after(&before).await;
    let purge = rows.iter().find(|row| {
        let mut tags = row.purge.tags.iter();
        tags.any(|tag| *tag == domain::tags::reviews(&offer.partner_id))
    });
    let purge = format!("{:?}", purge.unwrap());
    assert!(!purge.contains(user("ana").as_str()), "{purge}");
    // What others said of the text is gone with it.
    let ids = [review.id.clone(), removed.id];
    assert!(fresh.db.reviews.reports_of(&ids).await.unwrap().is_empty());
    let reported = fresh.db.reviews.reported(5, None).await.unwrap();
    assert_eq!(reported.items, []);
    for name in ["ana", "ben"] {
        let mine = fresh.db.reviews.of_user(&user(name), 5, None).await;
        assert_eq!(mine.unwrap().items, []);
    }
}

async fn an_erased_reporter_leaves_no_report_and_an_erased_administrator_no_name(fresh: Fresh) {
    let offer = filled(&fresh).await;
    let first = reviewed(&fresh, "ana", &offer, 2).await;
    let second = reviewed(&fresh, "ben", &offer, 2).await;
    let third = reviewed(&fresh, "dan", &offer, 2).await;
    sign_up(&fresh, &user("admin")).await;
    for (review, by, at_ms) in [
        (&first, "cleo", NOW_MS + 5),
        (&second, "cleo", NOW_MS + 6),
        (&second, "ana", NOW_MS + 7),
    ] {
        reports(&fresh, report(review, by, "Faux"), at_ms).await;
    }
    done(change(&fresh, &third.id, ruling(Verdict::Remove), NOW_MS + 8).await);
    erase(&fresh, "cleo").await;
    let by_cleo = fresh.db.reviews.reports_by(&user("cleo")).await.unwrap();
    assert_eq!(by_cleo, []);
    // Only what ana reported waits, since she did.
    let waiting = fresh.db.reviews.reported(5, None).await.unwrap().items;
    assert_eq!(waiting.len(), 1);
    assert_eq!(waiting[0].id, second.id);
    assert_eq!(waiting[0].reported_at_ms, Some(NOW_MS + 7));
    erase(&fresh, "admin").await;
    let removal = stored(&fresh, &third.id).await.unwrap().removal.unwrap();
    assert_eq!((removal.by, removal.reason.as_str()), (None, "Injures"));
}

async fn of_a_review_and_an_erasure_at_once_no_author_is_left(fresh: Fresh) {
    let offer = filled(&fresh).await;
    let other = fresh.of_another_server().await;
    for round in 0..5 {
        let name = format!("p{round}");
        let booking = super::visited(&fresh, &name, &offer).await;
        let new = super::review(&booking, &name, 3, "Oui");
        let adding = other.reviews.add(new, NOW_MS + 1);
        let erasing = async {
            tokio::time::sleep(std::time::Duration::from_millis(round % 4)).await;
            erase(&fresh, &name).await;
        };
        let (added, ()) = tokio::join!(adding, erasing);
        added.unwrap();
        let left = fresh
            .db
            .reviews
            .of_user(&user(&name), 5, None)
            .await
            .unwrap();
        assert_eq!(left.items, []);
        if let Some(review) = stored(&fresh, &domain::reviews::review::id_of(&booking)).await {
            assert_eq!(
                (review.user, review.author, review.text),
                (None, None, None)
            );
        }
    }
    let drifted = fresh.db.reviews.recounted(None, 100).await.unwrap();
    assert!(drifted.iter().all(|one| !one.has_drifted()), "{drifted:?}");
}
