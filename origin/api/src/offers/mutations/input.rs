//! Input types for editing offers. An absent field, null and a value have three different meanings.

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

/// The changes to an offer. Fields that are not given stay unchanged.
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
    /// Must be before `validUntil`.
    valid_from: MaybeUndefined<Moment>,
    valid_until: MaybeUndefined<Moment>,
    /// Null: the offer may be used at any time within its validity.
    schedule: MaybeUndefined<OfferScheduleInput>,
    /// Null: the number of bookings is unlimited.
    quota: MaybeUndefined<UpdateQuotaInput>,
    /// At most 20 https URLs, each of at most 500 characters.
    images: MaybeUndefined<Vec<String>>,
    is_active: MaybeUndefined<bool>,
    limits: MaybeUndefined<BookingLimitsInput>,
    /// The `version` the editor read. If the offer was edited since then, nothing is changed.
    expected_version: Option<i32>,
}

/// Limits on bookings besides the quota. Null means no limit.
#[derive(Clone, Copy, Debug, Default, InputObject)]
pub struct BookingLimitsInput {
    /// Maximum bookings by all users together within one day (Europe/Paris); 1 or more.
    per_day: MaybeUndefined<i32>,
    /// Maximum bookings by one user over the offer's whole lifetime; 1 or more.
    per_user: MaybeUndefined<i32>,
}

/// The change to each limit: keep, clear or set.
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
    /// Percent, 0 to 100.
    percentage: MaybeUndefined<i32>,
    description: MaybeUndefined<String>,
}

/// The number of places that are left is not an input: it is `total` without what is booked.
#[derive(Clone, Copy, Debug, InputObject)]
pub struct UpdateQuotaInput {
    /// 0 or more, and not below what is booked. Not given, it stays unchanged.
    pub total: MaybeUndefined<i32>,
    /// Ignored.
    #[graphql(deprecation = "What is left is `total` without what is booked.")]
    pub remaining: MaybeUndefined<i32>,
}

/// Local times, "HH:MM". If `to` is not after `from`, it means the next day.
#[derive(Clone, Debug, InputObject)]
pub struct OfferScheduleInput {
    weekdays: Vec<Weekday>,
    from: String,
    to: String,
}

impl UpdateOfferInput {
    /// Converts the input to an edit whose values are each valid on their own.
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
    let total = match value("quota.total", given.total, Ok)? {
        Edit::Keep => None,
        Edit::Set(total) => Some(total),
    };
    Ok(QuotaEdit { total })
}

fn moment(field: &'static str, given: MaybeUndefined<Moment>) -> Result<Edit<i64>, BrokenRule> {
    value(field, given, |Moment(moment_ms)| {
        moment_ms.ok_or(BrokenRule::not_a_moment(field))
    })
}
