//! What a mutation of an offer is given. Absent, null and a value are three different things.

use async_graphql::{InputObject, MaybeUndefined};

use crate::{
    graphql::moment::Moment,
    offers::{
        edit::{Edit, OfferEdit, QuotaEdit},
        resolvers::OfferCategory,
        rules::{self, BrokenRule},
    },
    partners::resolvers::Weekday,
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
    total: MaybeUndefined<i32>,
    /// 0 to `total`.
    remaining: MaybeUndefined<i32>,
}

/// Local times, "HH:MM"; `to` before `from` means until the next day.
#[derive(Clone, Debug, InputObject)]
pub struct OfferScheduleInput {
    weekdays: Vec<Weekday>,
    from: String,
    to: String,
}

impl UpdateOfferInput {
    /// The edit; none of its values breaks a rule by itself.
    pub(super) fn edit(self) -> Result<OfferEdit, BrokenRule> {
        let (percentage, discount_description) = discount(self.discount)?;
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
            schedule: nullable(self.schedule, |given| {
                let weekdays = given.weekdays.into_iter().map(Weekday::iso);
                rules::schedule(weekdays, given.from, given.to)
            })?,
            quota: nullable(self.quota, quota)?,
            images: value("images", self.images, rules::images)?,
            is_active: value("isActive", self.is_active, Ok)?,
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

fn quota(given: UpdateQuotaInput) -> Result<QuotaEdit, BrokenRule> {
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

/// A field that always has a value.
fn value<T, U>(
    field: &'static str,
    given: MaybeUndefined<T>,
    check: impl FnOnce(T) -> Result<U, BrokenRule>,
) -> Result<Edit<U>, BrokenRule> {
    match given {
        MaybeUndefined::Undefined => Ok(Edit::Keep),
        MaybeUndefined::Null => Err(BrokenRule::null(field)),
        MaybeUndefined::Value(given) => check(given).map(Edit::Set),
    }
}

/// A field that null clears.
fn nullable<T, U>(
    given: MaybeUndefined<T>,
    check: impl FnOnce(T) -> Result<U, BrokenRule>,
) -> Result<Edit<Option<U>>, BrokenRule> {
    match given {
        MaybeUndefined::Undefined => Ok(Edit::Keep),
        MaybeUndefined::Null => Ok(Edit::Set(None)),
        MaybeUndefined::Value(given) => check(given).map(|value| Edit::Set(Some(value))),
    }
}
