//! How a partner comes before the public: its owner submits it, and an operator decides. Backends read, call
//! these rules, and write the result, in one transaction.

use super::{
    refusals::StandingRefusal,
    siret::Siret,
    standing::{PartnerStatus, Standing},
};
use crate::{
    Offer, Partner, PartnerId,
    announcements::Announcement,
    messages::letter::PartnerOutcome,
    offers::{
        events::{OfferChange, tags_of},
        store::Author,
    },
    pending_purge::{MOST_TAGS, PendingPurge, PurgeKind},
    queue::NewTask,
    tags,
};

/// What an operator decides about a partner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    Approve,
    /// Back to its team, with the reason.
    Return(String),
    /// Hides it, with the reason.
    Suspend(String),
    /// Ends a suspension.
    Restore,
}

impl Decision {
    /// What its owners are told.
    pub const fn outcome(&self) -> PartnerOutcome {
        match self {
            Self::Approve => PartnerOutcome::Approved,
            Self::Return(_) => PartnerOutcome::Returned,
            Self::Suspend(_) => PartnerOutcome::Suspended,
            Self::Restore => PartnerOutcome::Restored,
        }
    }

    /// The status in which a partner has to be, the one that it gets, and the reason that is kept.
    fn step(&self) -> (PartnerStatus, PartnerStatus, Option<&str>) {
        use PartnerStatus::{Approved, Draft, InReview, Suspended};
        match self {
            Self::Approve => (InReview, Approved, None),
            Self::Return(reason) => (InReview, Draft, Some(reason)),
            Self::Suspend(reason) => (Approved, Suspended, Some(reason)),
            Self::Restore => (Suspended, Approved, None),
        }
    }
}

/// The status that a partner got by a decision.
pub const fn status_after(outcome: PartnerOutcome) -> PartnerStatus {
    match outcome {
        PartnerOutcome::Approved | PartnerOutcome::Restored => PartnerStatus::Approved,
        PartnerOutcome::Returned => PartnerStatus::Draft,
        PartnerOutcome::Suspended => PartnerStatus::Suspended,
    }
}

/// What becomes of a partner that its owner submits. Submitted once more with the same SIRET it stays what it is.
pub fn submitted(
    before: &Standing,
    siret: Siret,
    has_establishment: bool,
    now_ms: i64,
) -> Result<Standing, StandingRefusal> {
    match before.status {
        PartnerStatus::Draft if !has_establishment => Err(StandingRefusal::NoEstablishment),
        PartnerStatus::Draft => Ok(Standing {
            siret: Some(siret),
            reason: None,
            submitted_at_ms: Some(now_ms),
            ..Standing::new(PartnerStatus::InReview)
        }),
        PartnerStatus::InReview if before.siret.as_ref() == Some(&siret) => Ok(before.clone()),
        PartnerStatus::InReview | PartnerStatus::Approved | PartnerStatus::Suspended => {
            Err(StandingRefusal::WrongStatus(before.status))
        }
    }
}

/// What a decision makes of a partner.
pub fn decided(before: &Standing, decision: &Decision) -> Result<Standing, StandingRefusal> {
    let (from, to, reason) = decision.step();
    if before.status != from {
        return Err(StandingRefusal::WrongStatus(before.status));
    }
    Ok(Standing {
        status: to,
        reason: reason.map(ToOwned::to_owned),
        ..before.clone()
    })
}

/// The task that tells a partner's owners what was decided.
pub fn notice(partner: &PartnerId, decision: &Decision, now_ms: i64) -> NewTask {
    let told = Announcement::PartnerDecided {
        partner: partner.clone(),
        outcome: decision.outcome(),
        decided_at_ms: now_ms,
    };
    told.task(now_ms, now_ms)
}

/// The purges for another standing. If the public begins or ceases to see the partner, all that shows or lists its
/// `offers`, which are those that are not archived, is purged. Subscribers hear of offers whose partner is approved
/// for the first time.
pub fn purges(
    before: &Partner,
    after: &Standing,
    offers: Vec<Offer>,
    author: &Author,
) -> Vec<PendingPurge> {
    let own = tags::partner(&before.id);
    let mut others = Vec::new();
    if before.is_public() != after.is_public() {
        others.push(tags::all_partners());
        let is_new = before.standing.status == PartnerStatus::InReview;
        for offer in offers {
            others.extend(tags_of(&if is_new {
                OfferChange {
                    before: None,
                    after: Some(offer),
                }
            } else {
                OfferChange {
                    before: Some(offer),
                    after: None,
                }
            }));
        }
        others.sort();
        others.dedup();
        others.retain(|tag| *tag != own);
    }
    let purge = |tags: &[_]| PendingPurge {
        tags: std::iter::once(own.clone())
            .chain(tags.iter().cloned())
            .collect(),
        kind: PurgeKind::Hard,
        reason: author.action.to_owned(),
        actor: author.actor.clone(),
    };
    if others.is_empty() {
        return vec![purge(&[])];
    }
    // With more tags than a record holds one would purge everything.
    others.chunks(MOST_TAGS - 1).map(purge).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::sample;

    fn siret() -> Siret {
        Siret::parse("73282932000074").unwrap()
    }

    #[test]
    fn a_draft_with_a_place_is_submitted_once() {
        let draft = Standing {
            reason: Some("no photograph".into()),
            ..Standing::new(PartnerStatus::Draft)
        };
        let missing = submitted(&draft, siret(), false, 5);
        assert_eq!(missing, Err(StandingRefusal::NoEstablishment));
        let in_review = submitted(&draft, siret(), true, 5).unwrap();
        assert_eq!(in_review.status, PartnerStatus::InReview);
        assert_eq!(in_review.reason, None);
        assert_eq!(in_review.submitted_at_ms, Some(5));
        let again = submitted(&in_review, siret(), true, 9);
        assert_eq!(
            again,
            Ok(in_review.clone()),
            "a repeat keeps its place in the line"
        );
        let other = Siret::parse("35600000000048").unwrap();
        let refused = Err(StandingRefusal::WrongStatus(PartnerStatus::InReview));
        assert_eq!(submitted(&in_review, other, true, 9), refused);
        for status in [PartnerStatus::Approved, PartnerStatus::Suspended] {
            let refused = Err(StandingRefusal::WrongStatus(status));
            assert_eq!(submitted(&Standing::new(status), siret(), true, 9), refused);
        }
    }

    #[test]
    fn each_decision_has_one_status_to_be_made_in() {
        use PartnerStatus::{Approved, Draft, InReview, Suspended};
        for (decision, from, to, reason) in [
            (Decision::Approve, InReview, Approved, None),
            (Decision::Return("why".into()), InReview, Draft, Some("why")),
            (
                Decision::Suspend("why".into()),
                Approved,
                Suspended,
                Some("why"),
            ),
            (Decision::Restore, Suspended, Approved, None),
        ] {
            for status in PartnerStatus::ALL {
                let before = Standing {
                    siret: Some(siret()),
                    reason: Some("before".into()),
                    submitted_at_ms: Some(3),
                    ..Standing::new(*status)
                };
                let after = decided(&before, &decision);
                if *status == from {
                    let after = after.unwrap();
                    assert_eq!((after.status, after.reason.as_deref()), (to, reason));
                    assert_eq!(after.siret, before.siret);
                    assert_eq!(status_after(decision.outcome()), to);
                } else {
                    assert_eq!(after, Err(StandingRefusal::WrongStatus(*status)));
                }
            }
        }
    }

    fn author() -> Author {
        Author {
            actor: "user 1".into(),
            action: "approvePartner",
        }
    }

    #[test]
    fn what_the_public_begins_to_see_is_purged_and_told() {
        let family = sample::families(40, 1_790_000_000_000).last().unwrap();
        let offers: Vec<Offer> = family
            .offers
            .into_iter()
            .map(|offer| Offer {
                is_active: true,
                ..offer
            })
            .collect();
        let partner = |status| Partner {
            standing: Standing::new(status),
            ..family.partner.clone()
        };
        let tags_after = |before: PartnerStatus, after: PartnerStatus| {
            let (before, after) = (partner(before), Standing::new(after));
            let purges = purges(&before, &after, offers.clone(), &author());
            let all = purges.into_iter().flat_map(|purge| purge.tags);
            all.collect::<Vec<_>>()
        };
        let own = tags::partner(&family.partner.id);
        let (offer, published) = (tags::offer(&offers[0].id), tags::published(&offers[0].id));
        let approved = tags_after(PartnerStatus::InReview, PartnerStatus::Approved);
        for tag in [
            &own,
            &tags::all_partners(),
            &offer,
            &published,
            &tags::all_offers(),
        ] {
            assert!(approved.contains(tag), "{tag:?}");
        }
        let hidden = tags_after(PartnerStatus::Approved, PartnerStatus::Suspended);
        let shown = tags_after(PartnerStatus::Suspended, PartnerStatus::Approved);
        assert_eq!(hidden, shown);
        assert!(hidden.contains(&offer) && !hidden.contains(&published));
        let returned = tags_after(PartnerStatus::InReview, PartnerStatus::Draft);
        assert_eq!(returned, [own]);
    }

    #[test]
    fn no_number_of_offers_purges_everything() {
        let families = sample::families(2_000, 1_790_000_000_000);
        let offers: Vec<Offer> = families.flat_map(|family| family.offers).collect();
        let partner = sample::families(1, 1_790_000_000_000)
            .next()
            .unwrap()
            .partner;
        let after = Standing::new(PartnerStatus::Suspended);
        let purges = purges(&partner, &after, offers, &author());
        assert!(purges.len() > 1);
        for purge in purges {
            assert!(purge.tags.len() <= MOST_TAGS, "{}", purge.tags.len());
            assert!(purge.tags.contains(&tags::partner(&partner.id)));
        }
    }
}
