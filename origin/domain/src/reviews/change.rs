//! What a store writes for a change of a review: its row, what the partner's reviews add up to, a purge,
//! and what people are told. All of it is one transaction.

use super::{
    outcome::Written,
    rating::{Kept, StarCounts},
    refusals::ReviewRefusal,
    review::Review,
};
use crate::{
    PartnerId,
    pending_purge::{PendingPurge, PurgeKind},
    queue::NewTask,
    tags,
};

/// What becomes of a review. At least one of `before` and `after` is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// None for a new one.
    pub before: Option<Review>,
    /// None if it is deleted; its reports go with it.
    pub after: Option<Review>,
    /// Whether the reports of it that wait are decided with it.
    pub decides_reports: bool,
    pub audit: Audit,
    pub tasks: Vec<NewTask>,
}

/// What the audit says of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audit {
    pub reason: String,
    pub actor: String,
    /// Whether the audit has the change also when no cache does: an answer or a decision.
    pub always: bool,
}

impl Audit {
    /// The purge audit outlives erased accounts, so it does not name an author.
    pub fn of_author(action: &str) -> Self {
        Self {
            reason: action.to_owned(),
            actor: "author of the review".to_owned(),
            always: false,
        }
    }
}

impl Change {
    /// A change of a review that is there, which decides no reports and tells nobody.
    pub(super) const fn of(before: Review, after: Option<Review>, audit: Audit) -> Self {
        Self {
            before: Some(before),
            after,
            decides_reports: false,
            audit,
            tasks: Vec::new(),
        }
    }

    /// The answer to the request for the change.
    pub fn done(self) -> Written {
        match self.after.or(self.before) {
            Some(review) => Written::Done(Box::new(review)),
            None => ReviewRefusal::NotFound.into(),
        }
    }

    /// The review that the change is about, as it is afterwards or was before.
    pub fn review(&self) -> Option<&Review> {
        self.after.as_ref().or(self.before.as_ref())
    }

    /// What the partner keeps of its rating afterwards; none if the change does not count.
    pub fn rating(&self, kept: Kept) -> Option<Kept> {
        let counted = |review: &Option<Review>| review.as_ref().and_then(Review::counted);
        let (before, after) = (counted(&self.before), counted(&self.after));
        (before != after).then(|| kept.moved(before, after))
    }

    /// Whether the change counts for the rating.
    pub fn counts(&self) -> bool {
        let counted = |review: &Option<Review>| review.as_ref().and_then(Review::counted);
        counted(&self.before) != counted(&self.after)
    }

    /// The purge: of the partner's reviews if another one is shown, and of the partner if another rating
    /// is. `rating` is what the partner keeps before and afterwards, if the change counts.
    pub fn purge(&self, rating: Option<(Kept, Kept)>) -> Option<PendingPurge> {
        let about = self.review()?;
        let mut tags = Vec::new();
        if shown(self.before.as_ref()) != shown(self.after.as_ref()) {
            tags.push(tags::reviews(&about.partner));
        }
        if rating.is_some_and(|(before, after)| after.shows_another(before)) {
            tags.push(tags::partner(&about.partner));
        }
        if self.audit.always {
            tags.push(tags::review(&about.id));
        }
        (!tags.is_empty()).then(|| PendingPurge {
            tags,
            kind: PurgeKind::Hard,
            reason: self.audit.reason.clone(),
            actor: self.audit.actor.clone(),
        })
    }
}

/// What becomes of the review of a visit that was none: its check-in was undone.
pub fn withdrawn(review: Review) -> Change {
    let audit = Audit {
        reason: "undoCheckIn".to_owned(),
        actor: "staff of the partner".to_owned(),
        always: false,
    };
    Change::of(review, None, audit)
}

/// What becomes of a review whose author is called otherwise now; none if it says so already.
pub fn renamed(review: Review, author: &str) -> Option<Change> {
    if review.author.as_deref() == Some(author) {
        return None;
    }
    let after = Review {
        author: Some(author.to_owned()),
        ..review.clone()
    };
    let audit = Audit::of_author("new name");
    Some(Change::of(review, Some(after), audit))
}

/// What becomes of a review whose author is erased: the stars stay for the partner's rating, and the rest
/// goes. The partner's answer goes too, since it may name the guest. One that was removed is shown to nobody
/// any more.
pub fn erased(review: Review) -> Change {
    let after = Review {
        user: None,
        text: None,
        author: None,
        idempotency_key: None,
        reply: None,
        reported_at_ms: None,
        ..review.clone()
    };
    let is_shown = review.removal.is_none();
    let audit = Audit {
        reason: "erasure".to_owned(),
        actor: "erasure of an account".to_owned(),
        always: false,
    };
    Change::of(review, Some(after).filter(|_| is_shown), audit)
}

/// What a partner keeps once its reviews were counted anew, and the purge; none if it keeps that already, or
/// never had a review.
pub fn recounted(
    partner: &PartnerId,
    kept: Kept,
    counted: StarCounts,
) -> Option<(Kept, PendingPurge)> {
    if kept.counts == Some(counted) || (kept.counts.is_none() && counted.total() == 0) {
        return None;
    }
    let after = Kept {
        counts: Some(counted),
        rating: counted.rating(),
    };
    let purge = PendingPurge {
        tags: vec![tags::reviews(partner), tags::partner(partner)],
        kind: PurgeKind::Hard,
        reason: "reviews counted anew".to_owned(),
        actor: "cli".to_owned(),
    };
    Some((after, purge))
}

/// What the public sees of a review.
fn shown(review: Option<&Review>) -> Option<Review> {
    let review = review.filter(|review| review.counted().is_some())?;
    Some(Review {
        reported_at_ms: None,
        idempotency_key: None,
        ..review.clone()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reviews::{
        rating::StarCounts,
        review::{Removal, Stars},
        samples::review,
    };

    fn change(before: Option<Review>, after: Option<Review>) -> Change {
        Change {
            before,
            after,
            decides_reports: false,
            audit: Audit::of_author("test"),
            tasks: Vec::new(),
        }
    }

    fn tags(change: &Change, kept: Kept) -> Vec<String> {
        let rating = change.rating(kept).map(|after| (kept, after));
        let purge = change.purge(rating);
        let tags = purge.into_iter().flat_map(|purge| purge.tags);
        tags.map(|tag| {
            tag.as_str()
                .split(':')
                .next()
                .unwrap_or_default()
                .to_owned()
        })
        .collect()
    }

    #[test]
    fn a_review_purges_the_partner_only_if_another_rating_is_shown() {
        let of = |counts: [i64; 5]| {
            let counts = StarCounts::new(counts);
            Kept {
                counts: Some(counts),
                rating: counts.rating(),
            }
        };
        let none = Kept {
            counts: None,
            rating: None,
        };
        let new = change(None, Some(review()));
        assert_eq!(tags(&new, none), ["reviews", "partner"]);
        // Four stars among many that average four.
        assert_eq!(tags(&new, of([0, 0, 100, 100, 100])), ["reviews"]);
        let five = Review {
            stars: Stars::new(5).unwrap(),
            ..review()
        };
        let better = change(Some(review()), Some(five));
        assert_eq!(tags(&better, of([0, 0, 0, 1, 0])), ["reviews", "partner"]);
        assert_eq!(tags(&better, of([0, 0, 100, 100, 100])), ["reviews"]);
        let reworded = Review {
            text: None,
            ..review()
        };
        let reworded = change(Some(review()), Some(reworded));
        assert_eq!(tags(&reworded, of([0, 0, 0, 1, 0])), ["reviews"]);
        let reported = Review {
            reported_at_ms: Some(5),
            ..review()
        };
        let reported = change(Some(review()), Some(reported));
        assert_eq!(tags(&reported, of([0, 0, 0, 1, 0])), [] as [&str; 0]);
    }

    #[test]
    fn a_new_name_is_shown_and_changes_nothing_else() {
        assert_eq!(renamed(review(), "Ana P."), None);
        let change = renamed(review(), "Zoé D.").unwrap();
        let expected = Review {
            author: Some("Zoé D.".into()),
            ..review()
        };
        assert_eq!(change.after, Some(expected));
        assert!(!change.counts());
    }

    #[test]
    fn of_an_erased_author_only_the_stars_stay() {
        let replied = Review {
            reply: Some(crate::reviews::review::Reply {
                text: "Merci Ana".into(),
                at_ms: 1,
            }),
            idempotency_key: Some("key".into()),
            reported_at_ms: Some(2),
            ..review()
        };
        let change = erased(replied);
        let after = change.after.clone().unwrap();
        let bare = Review {
            user: None,
            text: None,
            author: None,
            ..review()
        };
        assert_eq!(after, bare);
        assert!(!change.counts());
        let none = Kept {
            counts: None,
            rating: None,
        };
        assert_eq!(tags(&change, none), ["reviews"]);
        let removed = Review {
            removal: Some(Removal {
                at_ms: 5,
                reason: "Injures".into(),
                by: None,
                contest: None,
            }),
            ..review()
        };
        assert_eq!(erased(removed).after, None);
    }

    #[test]
    fn a_recount_keeps_what_there_is_and_leaves_invented_ratings_alone() {
        let (partner, two) = (review().partner, StarCounts::new([0, 0, 0, 0, 2]));
        let invented = Kept {
            counts: None,
            rating: Some(4.7),
        };
        assert_eq!(recounted(&partner, invented, StarCounts::default()), None);
        let (after, purge) = recounted(&partner, invented, two).unwrap();
        assert_eq!((after.counts, after.rating), (Some(two), Some(4.3)));
        assert_eq!(purge.tags.len(), 2);
        assert_eq!(recounted(&partner, after, two), None);
        let (empty, _) = recounted(&partner, after, StarCounts::default()).unwrap();
        assert_eq!(
            (empty.counts, empty.rating),
            (Some(StarCounts::default()), None)
        );
    }

    #[test]
    fn one_that_is_removed_counts_no_more() {
        let removed = Review {
            removal: Some(Removal {
                at_ms: 5,
                reason: "Injures".into(),
                by: None,
                contest: None,
            }),
            ..review()
        };
        let kept = Kept {
            counts: Some(StarCounts::new([0, 0, 0, 2, 0])),
            rating: Some(4.0),
        };
        let mut removal = change(Some(review()), Some(removed.clone()));
        removal.audit.always = true;
        let after = removal.rating(kept).unwrap();
        assert_eq!(after.counts.unwrap().counts(), [0, 0, 0, 1, 0]);
        assert_eq!(tags(&removal, kept), ["reviews", "review"]);
        let deleted = change(Some(removed), None);
        assert!(!deleted.counts() && deleted.rating(kept).is_none());
        assert_eq!(tags(&deleted, kept), [] as [&str; 0]);
    }
}
