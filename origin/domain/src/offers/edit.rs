//! An edit of an offer. Its values are valid by themselves; whether they fit the stored offer is
//! checked when the edit is applied, inside the write's transaction.

use super::{discount::DiscountTerms, rules, wording::OfferTexts};
use crate::{
    Category, Offer, OfferSchedule, Quota,
    broken::{BrokenRule, Rule},
    payments::price::OfferPrice,
    sentence::Language,
};

const BELOW_BOOKED: Rule = Rule::new(
    "MINIMUM",
    "n’est pas inférieur à ce qui est réservé",
    "is not below what is booked",
);

const APPROVAL_WITH_PRICE: Rule = Rule::new(
    "APPROVAL_WITH_PRICE",
    "n’est pas possible pour une offre payante",
    "is not possible for an offer with a price",
);

/// What an edit does to one field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Edit<T> {
    #[default]
    Keep,
    Set(T),
}

impl<T> Edit<T> {
    /// The new value; none keeps the old one.
    pub fn into_option(self) -> Option<T> {
        match self {
            Self::Keep => None,
            Self::Set(value) => Some(value),
        }
    }

    pub fn put(self, field: &mut T) {
        match self {
            Self::Keep => {}
            Self::Set(value) => *field = value,
        }
    }
}

/// The fields that an edit may change; constructed by [`rules`] only.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OfferEdit {
    pub title: Edit<String>,
    pub description: Edit<String>,
    pub category: Edit<Category>,
    pub percentage: Edit<i32>,
    pub discount_description: Edit<Option<String>>,
    pub conditions: Edit<Vec<String>>,
    pub valid_from_ms: Edit<i64>,
    pub valid_until_ms: Edit<i64>,
    pub schedule: Edit<Option<OfferSchedule>>,
    pub quota: Edit<Option<QuotaEdit>>,
    pub images: Edit<Vec<String>>,
    pub is_active: Edit<bool>,
    pub per_day: Edit<Option<i32>>,
    pub per_user: Edit<Option<i32>>,
    pub max_party_size: Edit<Option<i32>>,
    /// When the offer is archived: it leaves all lists for good.
    pub archived_at_ms: Edit<i64>,
    /// The version that the editor read: if the offer was edited since, the edit is rejected.
    pub expected_version: Option<i64>,
    pub price: Edit<Option<OfferPrice>>,
    pub requires_identity: Edit<bool>,
    pub minimum_age: Edit<Option<i32>>,
    pub requires_approval: Edit<bool>,
    /// What the discount is; together with `percentage`.
    pub terms: Edit<Option<DiscountTerms>>,
    pub language: Edit<Language>,
    pub translations: Edit<Vec<OfferTexts>>,
}

/// An edit of a quota. It sets the total only: what is left is the total without the places that
/// are booked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QuotaEdit {
    /// None keeps the total.
    pub total: Option<i32>,
}

/// Why an edit does not fit the stored offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    Broken(BrokenRule),
    /// The new total is less than this number of places, which are booked.
    BelowBooked(i32),
    /// Money confirms a booking with a price at once, so nobody could approve it first.
    ApprovalWithPrice,
}

impl From<BrokenRule> for Unfit {
    fn from(broken: BrokenRule) -> Self {
        Self::Broken(broken)
    }
}

impl From<Unfit> for BrokenRule {
    fn from(unfit: Unfit) -> Self {
        match unfit {
            Unfit::Broken(broken) => broken,
            Unfit::BelowBooked(_) => BELOW_BOOKED.at("quota.total"),
            Unfit::ApprovalWithPrice => APPROVAL_WITH_PRICE.at("requiresApproval"),
        }
    }
}

impl OfferEdit {
    /// Whether the edit asks guests for a verified identity, which needs somebody who verifies it.
    pub const fn asks_identity(&self) -> bool {
        matches!(self.requires_identity, Edit::Set(true))
            || matches!(self.minimum_age, Edit::Set(Some(_)))
    }

    /// Whether the edit sets a quota. Then [`Self::apply`] has to know how many places are booked.
    pub const fn sets_quota(&self) -> bool {
        matches!(self.quota, Edit::Set(Some(_)))
    }

    /// The offer after the edit. `booked` is the number of its bookings that hold a place; it is
    /// read only if the edit sets a quota.
    pub fn apply(self, before: &Offer, booked: i32) -> Result<Offer, Unfit> {
        let mut after = before.clone();
        self.title.put(&mut after.title);
        self.description.put(&mut after.description);
        self.category.put(&mut after.category);
        self.percentage.put(&mut after.discount.percentage);
        self.terms.put(&mut after.discount.terms);
        self.discount_description
            .put(&mut after.discount.description);
        self.conditions.put(&mut after.conditions);
        // Stored values may break a newer rule: only an edit that sets them is checked.
        let sets_validity =
            (&self.valid_from_ms, &self.valid_until_ms) != (&Edit::Keep, &Edit::Keep);
        self.valid_from_ms.put(&mut after.valid_from_ms);
        self.valid_until_ms.put(&mut after.valid_until_ms);
        if sets_validity {
            rules::validity(after.valid_from_ms, after.valid_until_ms)?;
        }
        self.schedule.put(&mut after.schedule);
        match self.quota {
            Edit::Keep => {}
            Edit::Set(None) => after.quota = None,
            Edit::Set(Some(edit)) => after.quota = Some(edit.apply(before.quota, booked)?),
        }
        self.images.put(&mut after.images);
        self.is_active.put(&mut after.is_active);
        self.per_day.put(&mut after.limits.per_day);
        self.per_user.put(&mut after.limits.per_user);
        self.max_party_size.put(&mut after.limits.party);
        self.requires_identity
            .put(&mut after.admission.requires_identity);
        self.minimum_age.put(&mut after.admission.minimum_age);
        let sets_confirmation = (&self.price, self.requires_approval) != (&Edit::Keep, Edit::Keep);
        self.requires_approval
            .put(&mut after.admission.requires_approval);
        if let Edit::Set(moment_ms) = self.archived_at_ms {
            after.archived_at_ms = Some(moment_ms);
            after.is_active = false;
        }
        self.price.put(&mut after.price);
        if sets_confirmation && after.price.is_some() && after.admission.requires_approval {
            return Err(Unfit::ApprovalWithPrice);
        }
        let sets_wording = self.language != Edit::Keep || self.translations != Edit::Keep;
        self.language.put(&mut after.wording.language);
        self.translations.put(&mut after.wording.translations);
        if sets_wording {
            after.wording.check()?;
        }
        Ok(after)
    }
}

impl QuotaEdit {
    fn apply(self, before: Option<Quota>, booked: i32) -> Result<Quota, Unfit> {
        let total = rules::quota_total(self.total.or(before.map(|quota| quota.total)))?;
        if total < booked {
            return Err(Unfit::BelowBooked(booked));
        }
        Ok(Quota {
            total,
            remaining: total - booked,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Admission, BookingLimits, Discount, EstablishmentId, GeoPoint, OfferId, PartnerId,
    };

    /// An offer whose validity ends before it begins, which no edit may produce.
    fn odd() -> Offer {
        Offer {
            id: OfferId::derive("offer", "1"),
            title: "Deux galettes".into(),
            description: String::new(),
            partner_id: PartnerId::derive("partner", "1"),
            establishment_id: EstablishmentId::derive("establishment", "1"),
            category: Category::Restaurant,
            discount: Discount {
                percentage: 20,
                description: Some("le soir".into()),
                terms: None,
            },
            conditions: vec![],
            valid_from_ms: 10,
            valid_until_ms: 5,
            schedule: None,
            quota: None,
            images: vec![],
            is_active: true,
            location: GeoPoint::new(48.8566, 2.3522).unwrap(),
            created_at_ms: 0,
            limits: BookingLimits::default(),
            archived_at_ms: None,
            version: 1,
            price: None,
            admission: Admission::default(),
            page: crate::WebPage::default(),
            wording: crate::offers::wording::Wording::default(),
        }
    }

    #[test]
    fn an_empty_edit_changes_nothing() {
        assert_eq!(OfferEdit::default().apply(&odd(), 0), Ok(odd()));
    }

    #[test]
    fn only_an_edit_of_the_validity_is_held_to_its_rule() {
        let title = OfferEdit {
            title: Edit::Set("Trois".into()),
            ..OfferEdit::default()
        };
        assert_eq!(title.apply(&odd(), 0).unwrap().title, "Trois");
        for (from, until, fits) in [
            (Edit::Set(4), Edit::Keep, true),
            (Edit::Set(5), Edit::Keep, false),
            (Edit::Keep, Edit::Set(11), true),
            (Edit::Keep, Edit::Set(10), false),
            (Edit::Set(1), Edit::Set(2), true),
        ] {
            let edit = OfferEdit {
                valid_from_ms: from,
                valid_until_ms: until,
                ..OfferEdit::default()
            };
            assert_eq!(edit.clone().apply(&odd(), 0).is_ok(), fits, "{edit:?}");
        }
    }

    #[test]
    fn nobody_approves_what_money_confirms() {
        let price = OfferPrice {
            amount: 1_000,
            currency: crate::payments::money::Currency::Eur,
            original: None,
            is_deposit: false,
            refundable_until_min: None,
            vat_rate_bp: 0,
        };
        let approved = |requires_approval, price| Offer {
            price,
            admission: Admission {
                requires_approval,
                ..Admission::default()
            },
            ..odd()
        };
        let (free, priced) = (approved(true, None), approved(false, Some(price)));
        for (before, requires_approval, price, fits) in [
            (&free, Edit::Keep, Edit::Set(Some(price)), false),
            (&free, Edit::Set(false), Edit::Set(Some(price)), true),
            (&priced, Edit::Set(true), Edit::Keep, false),
            (&priced, Edit::Set(true), Edit::Set(None), true),
            (&priced, Edit::Set(false), Edit::Keep, true),
        ] {
            let edit = OfferEdit {
                price,
                requires_approval,
                ..OfferEdit::default()
            };
            let after = edit.clone().apply(before, 0);
            let expected = if fits {
                None
            } else {
                Some(Unfit::ApprovalWithPrice)
            };
            assert_eq!(after.err(), expected, "{edit:?}");
        }
    }

    /// F1.
    #[test]
    fn what_is_left_is_the_total_without_what_is_booked() {
        let ten = Some(Quota {
            total: 10,
            remaining: 8,
        });
        let stale = Some(Quota {
            total: 10,
            remaining: 10,
        });
        for (quota, total, booked, left) in [
            (ten, Some(20), 2, Ok(18)),
            (ten, Some(5), 2, Ok(3)),
            (ten, Some(2), 2, Ok(0)),
            (ten, Some(1), 2, Err(Unfit::BelowBooked(2))),
            (ten, None, 2, Ok(8)),
            (stale, None, 2, Ok(8)),
            (None, Some(3), 2, Ok(1)),
            (None, Some(0), 0, Ok(0)),
        ] {
            let before = Offer { quota, ..odd() };
            let edit = OfferEdit {
                quota: Edit::Set(Some(QuotaEdit { total })),
                ..OfferEdit::default()
            };
            let after = edit.apply(&before, booked);
            let found = after.map(|offer| offer.quota.unwrap().remaining);
            assert_eq!(found, left, "{quota:?} {total:?} {booked}");
        }
    }
}
