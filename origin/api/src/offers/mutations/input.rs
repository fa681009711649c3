//! What a mutation of an offer is given. Absent, null and a value are three different things.

use async_graphql::{InputObject, MaybeUndefined};
use domain::{
    OfferSchedule,
    offers::{
        edit::{Edit, OfferEdit, QuotaEdit},
        rules,
    },
    texts::BrokenRule,
};

use crate::{
    nodes::{moment::Moment, offer::OfferCategory, partner::Weekday},
    request::input::{nullable, value},
};

/// What to change of an offer.
#[derive(Clone, Debug, InputObject)]
pub struct UpdateOfferInput {
    /// 2 to 120 characters on one line.
    title: MaybeUndefined<String>,
    /// At most 4000 characters.
    description: MaybeUndefined<String>,
    category: MaybeUndefined<OfferCategory>,
    discount: MaybeUndefined<UpdateDiscountInput>,
    /// At most 20, each of 1 to 200 characters.
    conditions: MaybeUndefined<Vec<String>>,
    /// Before `validUntil`.
    valid_from: MaybeUndefined<Moment>,
    valid_until: MaybeUndefined<Moment>,
    /// Null: it may be used at any time within its validity.
    schedule: MaybeUndefined<OfferScheduleInput>,
    /// Null: it may be booked without limit.
    quota: MaybeUndefined<UpdateQuotaInput>,
    /// At most 20 https URLs, each of at most 500 characters.
    images: MaybeUndefined<Vec<String>>,
    is_active: MaybeUndefined<bool>,
    limits: MaybeUndefined<BookingLimitsInput>,
    /// The `version` that the editor read. If the offer was edited since, nothing is changed.
    expected_version: Option<i32>,
}

/// How often the offer may be booked, besides its quota. Null: as often as somebody likes.
#[derive(Clone, Copy, Debug, Default, InputObject)]
pub struct BookingLimitsInput {
    /// By all users together, within one day of Europe/Paris; 1 or more.
    per_day: MaybeUndefined<i32>,
    /// By one user, as long as there is the offer; 1 or more.
    per_user: MaybeUndefined<i32>,
}

/// What becomes of each limit.
#[derive(Clone, Copy, Debug, Default)]
pub struct LimitEdits {
    pub per_day: Edit<Option<i32>>,
    pub per_user: Edit<Option<i32>>,
}

impl BookingLimitsInput {
    pub fn limits(self) -> Result<LimitEdits, BrokenRule> {
        Ok(LimitEdits {
            per_day: nullable(self.per_day, |number| rules::limit("limits.perDay", number))?,
            per_user: nullable(self.per_user, |number| {
                rules::limit("limits.perUser", number)
            })?,
        })
    }
}

#[derive(Clone, Debug, InputObject)]
pub struct UpdateDiscountInput {
    /// 0 to 100.
    percentage: MaybeUndefined<i32>,
    description: MaybeUndefined<String>,
}

/// What is not given stays; of a new quota everything is left.
#[derive(Clone, Copy, Debug, InputObject)]
pub struct UpdateQuotaInput {
    pub total: MaybeUndefined<i32>,
    /// 0 to `total`.
    pub remaining: MaybeUndefined<i32>,
}

/// Local times, "HH:MM"; `to` that is not after `from` means until the next day.
#[derive(Clone, Debug, InputObject)]
pub struct OfferScheduleInput {
    weekdays: Vec<Weekday>,
    from: String,
    to: String,
}

impl UpdateOfferInput {
    /// The edit; none of its values breaks a rule by itself.
    pub fn edit(self) -> Result<OfferEdit, BrokenRule> {
        let (percentage, discount_description) = discount(self.discount)?;
        let limits = match self.limits {
            MaybeUndefined::Undefined => LimitEdits::default(),
            MaybeUndefined::Null => LimitEdits {
                per_day: Edit::Set(None),
                per_user: Edit::Set(None),
            },
            MaybeUndefined::Value(given) => given.limits()?,
        };
        Ok(OfferEdit {
            title: value("title", self.title, |text| rules::title(&text))?,
            description: value("description", self.description, rules::description)?,
            category: value("category", self.category, |category| Ok(category.into()))?,
            percentage,
            discount_description,
            conditions: value("conditions", self.conditions, |texts| {
                rules::conditions(&texts)
            })?,
            valid_from_ms: moment("validFrom", self.valid_from)?,
            valid_until_ms: moment("validUntil", self.valid_until)?,
            schedule: nullable(self.schedule, schedule)?,
            quota: nullable(self.quota, quota)?,
            images: value("images", self.images, rules::images)?,
            is_active: value("isActive", self.is_active, Ok)?,
            per_day: limits.per_day,
            per_user: limits.per_user,
            archived_at_ms: Edit::Keep,
            expected_version: self.expected_version.map(i64::from),
        })
    }
}

fn discount(
    given: MaybeUndefined<UpdateDiscountInput>,
) -> Result<(Edit<i32>, Edit<Option<String>>), BrokenRule> {
    match value("discount", given, Ok)? {
        Edit::Keep => Ok((Edit::Keep, Edit::Keep)),
        Edit::Set(given) => Ok((
            value("discount.percentage", given.percentage, rules::percentage)?,
            nullable(given.description, |text| rules::discount_description(&text))?,
        )),
    }
}

pub(super) fn schedule(given: OfferScheduleInput) -> Result<OfferSchedule, BrokenRule> {
    let weekdays = given.weekdays.into_iter().map(Weekday::iso);
    rules::schedule(weekdays, given.from, given.to)
}

pub(super) fn quota(given: UpdateQuotaInput) -> Result<QuotaEdit, BrokenRule> {
    let number = |field, given| match value(field, given, Ok)? {
        Edit::Keep => Ok(None),
        Edit::Set(number) => Ok(Some(number)),
    };
    Ok(QuotaEdit {
        total: number("quota.total", given.total)?,
        remaining: number("quota.remaining", given.remaining)?,
    })
}

fn moment(field: &'static str, given: MaybeUndefined<Moment>) -> Result<Edit<i64>, BrokenRule> {
    value(field, given, |Moment(moment_ms)| {
        moment_ms.ok_or(BrokenRule::not_a_moment(field))
    })
}
