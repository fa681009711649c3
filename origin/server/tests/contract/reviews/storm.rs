//! 60 people at once, on two servers: reviews, edits, deletions, removals and erasures. At the end what a
//! partner keeps is what its reviews add up to.

use std::sync::Arc;

use domain::{
    BookingId, Offer,
    reviews::{outcome::Written, reports::Verdict, review::id_of, rules::ReviewEdit},
    users::store::Erased,
};
use futures_util::future::join_all;
use yousoon::database::Database;

use super::{
    filled, partner,
    reporting::{report, ruling},
    review, stars, user, visited,
};
use crate::{backends::Fresh, runner::tests, samples::NOW_MS, users::sign_up};

tests! {
    after_a_storm_the_rating_is_what_the_reviews_add_up_to: [Transactions],
}

const PEOPLE: usize = 60;

/// Numbers that are always the same.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        // Of Knuth; the high bits are good enough.
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    fn star(&mut self) -> i32 {
        i32::try_from(1 + self.roll(5)).unwrap()
    }
}

/// One person: reviews (twice), and then does what comes to mind, while an administrator judges.
async fn person(servers: Arc<[Database; 2]>, number: usize, booking: BookingId) {
    let mut dice = Dice(u64::try_from(number).unwrap() * 77 + 1);
    let name = format!("p{number}");
    let id = id_of(&booking);
    let db = |dice: &mut Dice| servers[usize::try_from(dice.roll(2)).unwrap()].clone();
    let new = review(&booking, &name, dice.star(), "Oui");
    let (one, other) = (db(&mut dice), db(&mut dice));
    let (first, second) = tokio::join!(
        one.reviews.add(new.clone(), NOW_MS + 1),
        other.reviews.add(new, NOW_MS + 1)
    );
    for added in [first, second] {
        let added = added.unwrap();
        assert!(
            matches!(added, Written::Done(_) | Written::Before(_)),
            "{added:?}"
        );
    }
    for round in 0..4 {
        let now_ms = NOW_MS + 2 + round;
        let edit = match dice.roll(6) {
            0 | 1 => ReviewEdit::Rewrite {
                by: user(&name),
                stars: stars(dice.star()),
                text: Some(format!("{round}")),
            },
            2 => ReviewEdit::Delete { by: user(&name) },
            3 => ruling(Verdict::Remove),
            4 => ruling(Verdict::Keep),
            _ => {
                let about = domain::reviews::reports::NewReport {
                    review: id.clone(),
                    user: user("reporter"),
                    ..report_of(&id)
                };
                db(&mut dice).reviews.report(about, now_ms).await.unwrap();
                continue;
            }
        };
        db(&mut dice)
            .reviews
            .change(&id, edit, now_ms)
            .await
            .unwrap();
    }
    if dice.roll(5) == 0 {
        let erased = db(&mut dice)
            .users
            .erase(&user(&name), &name, NOW_MS + 9)
            .await;
        assert_eq!(erased.unwrap(), Erased::Done);
    }
}

fn report_of(id: &domain::ReviewId) -> domain::reviews::reports::NewReport {
    let sample = domain::reviews::review::Review {
        id: id.clone(),
        ..domain::reviews::samples::review()
    };
    report(&sample, "reporter", "Faux")
}

async fn after_a_storm_the_rating_is_what_the_reviews_add_up_to(fresh: Fresh) {
    let offer: Offer = filled(&fresh).await;
    for name in ["admin", "reporter"] {
        sign_up(&fresh, &user(name)).await;
    }
    let mut people = Vec::new();
    let servers = Arc::new([fresh.db.clone(), fresh.of_another_server().await]);
    for number in 0..PEOPLE {
        let booking = visited(&fresh, &format!("p{number}"), &offer).await;
        people.push((number, booking));
    }
    let storm = people
        .into_iter()
        .map(|(number, booking)| tokio::spawn(person(Arc::clone(&servers), number, booking)));
    for ended in join_all(storm).await {
        ended.unwrap();
    }
    let all = fresh.db.reviews.recounted(None, 100).await.unwrap();
    let this = all.iter().find(|one| one.partner == offer.partner_id);
    let this = this.unwrap();
    assert!(!this.has_drifted(), "{this:?}");
    assert!(this.counted.total() > 0);
    let shown = partner(&fresh, &offer).await;
    assert_eq!(shown.rating, this.counted.rating());
    assert_eq!(shown.review_count, this.counted.shown_total());
}
