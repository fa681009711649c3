//! An edit of an offer: its values are good by themselves; whether they go together with what is
//! stored is seen when it is applied, inside the write's transaction.

use super::rules::{self, BrokenRule};
use crate::domain::{Offer, OfferCategory, OfferSchedule, Quota};

/// What becomes of a field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Edit<T> {
    #[default]
    Keep,
    Set(T),
}

impl<T> Edit<T> {
    fn put(self, field: &mut T) {
        match self {
            Self::Keep => {}
            Self::Set(value) => *field = value,
        }
    }
}

/// What an edit may change; made by [`rules`] only.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OfferEdit {
    pub title: Edit<String>,
    pub description: Edit<String>,
    pub category: Edit<OfferCategory>,
    pub percentage: Edit<i32>,
    pub discount_description: Edit<Option<String>>,
    pub conditions: Edit<Vec<String>>,
    pub valid_from_ms: Edit<i64>,
    pub valid_until_ms: Edit<i64>,
    pub schedule: Edit<Option<OfferSchedule>>,
    pub quota: Edit<Option<QuotaEdit>>,
    pub images: Edit<Vec<String>>,
    pub is_active: Edit<bool>,
}

/// What is not given stays: who raises the total does not overwrite what was booked meanwhile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QuotaEdit {
    pub total: Option<i32>,
    pub remaining: Option<i32>,
}

impl OfferEdit {
    /// The offer as it will be.
    pub fn apply(self, before: &Offer) -> Result<Offer, BrokenRule> {
        let mut after = before.clone();
        self.title.put(&mut after.title);
        self.description.put(&mut after.description);
        self.category.put(&mut after.category);
        self.percentage.put(&mut after.discount.percentage);
        self.discount_description
            .put(&mut after.discount.description);
        self.conditions.put(&mut after.conditions);
        // What was stored once may break today's rule: only who sets it is held to it.
        let sets_validity = (&self.valid_from_ms, &self.valid_until_ms) != (&Edit::Keep, &Edit::Keep);
        self.valid_from_ms.put(&mut after.valid_from_ms);
        self.valid_until_ms.put(&mut after.valid_until_ms);
        if sets_validity {
            rules::validity(after.valid_from_ms, after.valid_until_ms)?;
        }
        self.schedule.put(&mut after.schedule);
        match self.quota {
            Edit::Keep => {}
            Edit::Set(None) => after.quota = None,
            Edit::Set(Some(edit)) => after.quota = Some(edit.apply(before.quota)?),
        }
        self.images.put(&mut after.images);
        self.is_active.put(&mut after.is_active);
        Ok(after)
    }
}

impl QuotaEdit {
    fn apply(self, before: Option<Quota>) -> Result<Quota, BrokenRule> {
        rules::quota(
            self.total.or(before.map(|quota| quota.total)),
            self.remaining.or(before.map(|quota| quota.remaining)),
        )
    }
}
